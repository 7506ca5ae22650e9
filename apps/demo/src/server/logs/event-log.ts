import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { JobView } from '@offstage/core';
import type { LogEvent } from '../../web/api.ts';
import type { ChangeEngine } from '../changes/hosted-changes.ts';
import { RotatingFile } from './rotating-file.ts';

export interface EventLogOptions {
  /** Of the file that is written to; two older ones are kept. @default 4 MiB */
  readonly maxBytes?: number | undefined;
  /** Events kept in memory for those who watch. @default 2000 */
  readonly capacity?: number | undefined;
  /** The least time between two lines of progress of one job in one phase. @default 250 */
  readonly sampleMs?: number | undefined;
}

interface Kept {
  readonly owner: string;
  readonly event: LogEvent;
}

/**
 * The event log of D10: what became of which job, in JSON lines in `log/events.jsonl` of the data
 * folder, and live to each session about its own jobs. It holds ids, phases, durations and codes;
 * messages, names and results never get here.
 */
export class EventLog {
  /** Of this life of the server; numbers of another one mean nothing here. */
  readonly epoch = randomBytes(6).toString('hex');
  readonly #file: RotatingFile;
  readonly #capacity: number;
  readonly #sampleMs: number;
  #kept: Kept[] = [];
  #seq = 0;
  readonly #listeners = new Set<() => void>();
  readonly #sampled = new Map<string, { phase: string; at: number }>();

  constructor(dataFolder: string, options: EventLogOptions = {}) {
    this.#file = new RotatingFile(path.join(dataFolder, 'log', 'events.jsonl'), {
      maxBytes: options.maxBytes,
    });
    this.#capacity = options.capacity ?? 2000;
    this.#sampleMs = options.sampleMs ?? 250;
  }

  /** Follows the jobs of a manager that have this name, of one owner or of all. */
  follow(manager: Pick<ChangeEngine, 'on'>, name: string, of?: string): void {
    const isFollowed = (owner: string, job: JobView): boolean =>
      job.name === name && (of === undefined || owner === of);
    const noteEach = (jobEvent: 'started' | 'succeeded' | 'failed' | 'canceled') => {
      const event = jobEvent === 'succeeded' ? 'completed' : jobEvent;
      manager.on(jobEvent, ({ owner, job }) => {
        if (isFollowed(owner, job)) this.#note(owner, event, job);
      });
    };
    noteEach('started');
    manager.on('progress', ({ owner, job, event }) => {
      if (!isFollowed(owner, job)) return;
      const last = this.#sampled.get(job.id);
      const isNews = last?.phase !== event.phase || event.at - last.at >= this.#sampleMs;
      if (!isNews) return;
      this.#sampled.set(job.id, { phase: event.phase, at: event.at });
      this.#note(owner, 'progress', job);
    });
    noteEach('succeeded');
    noteEach('canceled');
    noteEach('failed');
  }

  /** A job that is followed for nothing but this: it could not do what it was there for. */
  failed(owner: string, job: JobView): void {
    this.#note(owner, 'failed', job);
  }

  /** A job that a former server did not see the end of, and that goes on. */
  resumed(owner: string, jobId: string): void {
    const at = Date.now();
    for (const event of ['interrupted', 'resumed'] as const) {
      this.#add(owner, {
        ...{ at, event, jobId },
        ...{ phase: null, percent: null, durationMs: null, code: null },
      });
    }
  }

  /** An owner's events after a cursor, oldest first, and the cursor to go on with. */
  read(owner: string, after: number): { events: readonly LogEvent[]; cursor: number } {
    const events = this.#kept
      .filter((kept) => kept.owner === owner && kept.event.seq > after)
      .map(({ event }) => event);
    return { events, cursor: this.#seq };
  }

  /** The number of the newest event of all. */
  get newest(): number {
    return this.#seq;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#file.close();
  }

  #note(owner: string, event: LogEvent['event'], job: JobView): void {
    const isEnd = event !== 'started' && event !== 'progress';
    if (isEnd) this.#sampled.delete(job.id);
    this.#add(owner, {
      at: isEnd ? (job.endedAt ?? Date.now()) : Date.now(),
      event,
      jobId: job.id,
      phase: job.progress?.phase ?? null,
      percent: job.progress?.percent ?? null,
      durationMs:
        isEnd && job.endedAt !== null ? job.endedAt - (job.startedAt ?? job.createdAt) : null,
      code: job.failure?.code ?? null,
    });
  }

  #add(owner: string, fields: Omit<LogEvent, 'seq'>): void {
    const event: LogEvent = { seq: ++this.#seq, ...fields };
    this.#file.write(`${JSON.stringify(event)}\n`);
    this.#kept.push({ owner, event });
    // Cut rarely, and by much: each cut copies what stays.
    if (this.#kept.length > 2 * this.#capacity) this.#kept = this.#kept.slice(-this.#capacity);
    for (const listener of this.#listeners) listener();
  }
}
