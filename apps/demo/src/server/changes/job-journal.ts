import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Interruption } from '../../web/api.ts';

const line = z.union([
  z.object({
    op: z.literal('begin'),
    jobId: z.string(),
    owner: z.string(),
    at: z.number(),
    what: z.string(),
  }),
  /** It came to an end, or who it concerns has seen that it did not. */
  z.object({ op: z.literal('end'), jobId: z.string() }),
]);
type Line = z.infer<typeof line>;
type Begin = Extract<Line, { op: 'begin' }>;

const maxKept = 1000;
const maxAgeMs = 30 * 86_400_000;

/**
 * Knows after a crash which jobs were at work (D7). A line is appended when a job is admitted and when
 * it ends; what began and did not end was interrupted, until its session has been told. An append is
 * in the system's hands at once, so it survives a kill; a torn last line is passed over.
 */
export class JobJournal {
  readonly #file: string;
  readonly #interrupted = new Map<string, Begin>();

  constructor(dataFolder: string, now: number = Date.now()) {
    this.#file = path.join(dataFolder, 'jobs.jsonl');
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    for (const entry of readLines(this.#file)) {
      if (entry.op === 'end') this.#interrupted.delete(entry.jobId);
      else if (now - entry.at < maxAgeMs) this.#interrupted.set(entry.jobId, entry);
    }
    const oldest = [...this.#interrupted.keys()].slice(0, -maxKept);
    for (const jobId of oldest) this.#interrupted.delete(jobId);
    this.#compact();
  }

  /** `what` is for the person, and names no file. */
  began(job: {
    readonly jobId: string;
    readonly owner: string;
    readonly at: number;
    readonly what: string;
  }): void {
    this.#append({ op: 'begin', ...job });
  }

  ended(jobId: string): void {
    this.#append({ op: 'end', jobId });
  }

  /** Of one session, newest first; of all without one. */
  interrupted(owner?: string): readonly (Interruption & { readonly owner: string })[] {
    return [...this.#interrupted.values()]
      .filter((entry) => owner === undefined || entry.owner === owner)
      .map(({ jobId, at, what, owner: whose }) => ({ jobId, at, what, owner: whose }))
      .reverse();
  }

  /** False where the session has no such interruption. */
  dismiss(owner: string, jobId: string): boolean {
    if (this.#interrupted.get(jobId)?.owner !== owner) return false;
    this.#interrupted.delete(jobId);
    this.#append({ op: 'end', jobId });
    return true;
  }

  #append(entry: Line): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  // At the start alone, so it grows by two short lines a job in between.
  #compact(): void {
    const text = [...this.#interrupted.values()]
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join('');
    writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

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
