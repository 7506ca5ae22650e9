import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PublicError } from '@offstage/core';
import { z } from 'zod';
import type { StagedFile } from '../../change/change-work.ts';

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
  readonly #kept: Map<string, KeptUpload>;
  #lines = 0;
  /** The last append may have ended within a line. */
  #isTorn = false;
  /** Something could not be appended. */
  #lacksLines = false;

  constructor(dataFolder: string) {
    this.#file = fileOf(dataFolder);
    this.#kept = readUploads(this.#file);
  }

  /** Whether what is to outlive the process would. Where it has not been written, it is tried once more. */
  isWritten(): boolean {
    if (this.#lacksLines) this.compact();
    return !this.#lacksLines;
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
      this.#lacksLines = false;
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
      this.#lacksLines = true;
    }
    this.#lines += lines.length;
    if (this.#lines > compactFrom && this.#lines > 4 * this.#kept.size) this.compact();
  }
}

/**
 * What a session has uploaded, as it is written; for another thread than the journal's own.
 *
 * @throws PublicError `unknown_upload`
 */
export function stagedUploads(
  dataFolder: string,
  session: string,
  ids: readonly string[],
): readonly StagedFile[] {
  const kept = readUploads(fileOf(dataFolder));
  return ids.map((id) => {
    const upload = kept.get(id);
    if (upload?.session === session) return asStaged(dataFolder, upload);
    throw new PublicError(
      'unknown_upload',
      'An uploaded file is not there any more. Upload it again.',
    );
  });
}

/** With the place where it lies. */
export const asStaged = (
  dataFolder: string,
  { session, upload, name, bytes, sha256 }: KeptUpload,
): StagedFile => ({
  ...{ upload, name, bytes, sha256 },
  staged: path.join(dataFolder, 'staging', session, upload),
});

const fileOf = (dataFolder: string): string => path.join(dataFolder, 'uploads.jsonl');

function readUploads(file: string): Map<string, KeptUpload> {
  const kept = new Map<string, KeptUpload>();
  for (const { op, ...entry } of readLines(file)) {
    if (op === 'gone') kept.delete(entry.upload);
    else if ('session' in entry) kept.set(entry.upload, entry);
  }
  return kept;
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
