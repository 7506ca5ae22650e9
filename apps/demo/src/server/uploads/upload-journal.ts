import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** An upload as it outlives the process; where it lies is known by its session and its id. */
const kept = z.object({
  session: z.string().regex(/^[0-9a-f]{32}$/),
  upload: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** When it arrived. */
  at: z.number(),
});
export type KeptUpload = z.infer<typeof kept>;

const line = z.union([
  kept.extend({ op: z.literal('add') }),
  /** Published, thrown away or too old. */
  z.object({ op: z.literal('gone'), upload: z.string() }),
]);
type Line = z.infer<typeof line>;

const compactFrom = 4096;

/**
 * The names of uploads that wait, in `uploads.jsonl` of the data folder, so that a change can be started
 * with them after a restart (D7). An append is in the system's hands at once and survives a kill; a torn
 * line is passed over. What cannot be written costs an upload its life after a restart, and nothing else.
 */
export class UploadJournal {
  readonly #file: string;
  readonly #kept = new Map<string, KeptUpload>();
  #lines = 0;
  /** The last append may have ended within a line. */
  #isTorn = false;

  constructor(dataFolder: string) {
    this.#file = path.join(dataFolder, 'uploads.jsonl');
    for (const { op, ...entry } of readLines(this.#file)) {
      if (op === 'gone') this.#kept.delete(entry.upload);
      else if ('session' in entry) this.#kept.set(entry.upload, entry);
    }
  }

  /** Oldest first. */
  all(): readonly KeptUpload[] {
    return [...this.#kept.values()];
  }

  added(uploads: readonly KeptUpload[]): void {
    for (const upload of uploads) this.#kept.set(upload.upload, upload);
    this.#append(uploads.map((upload) => ({ op: 'add', ...upload })));
  }

  gone(uploads: readonly string[]): void {
    const known = uploads.filter((upload) => this.#kept.delete(upload));
    this.#append(known.map((upload) => ({ op: 'gone', upload })));
  }

  /** Writes what there is, and no more. */
  compact(): void {
    try {
      const text = textOf(this.all().map((upload) => ({ op: 'add', ...upload })));
      writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
      this.#lines = this.#kept.size;
      this.#isTorn = false;
    } catch {
      this.#isTorn = true;
    }
  }

  #append(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    try {
      const before = this.#isTorn ? '\n' : '';
      appendFileSync(this.#file, before + textOf(lines), { mode: 0o600 });
      this.#isTorn = false;
    } catch {
      this.#isTorn = true;
    }
    this.#lines += lines.length;
    if (this.#lines > compactFrom && this.#lines > 4 * this.#kept.size) this.compact();
  }
}

const textOf = (lines: readonly Line[]): string =>
  lines.map((entry) => `${JSON.stringify(entry)}\n`).join('');

function readLines(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((json) => {
    try {
      return [line.parse(JSON.parse(json))];
    } catch {
      return [];
    }
  });
}
