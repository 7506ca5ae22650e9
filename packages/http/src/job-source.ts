import { type ChangeKind, isTerminal, type JobClient, type JobView } from '@offstage/core';
import type { StreamPart, StreamSource } from './event-stream.ts';
import { around, type JsonText } from './json-text.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

export interface JobSourceOptions {
  readonly client: JobClient;
  readonly id: string;
  /** Events per message; 0 tells of the view alone. */
  readonly limit: number;
  readonly json: JsonText;
  readonly settings: ChangeWatch;
}

/**
 * One job as a stream: each message is a poll from the cursor of the one before, and the cursor is
 * its id (H3). What fell out of the job's ring meanwhile counts as missed. Ends when the job has
 * ended and all its events are told, or when it is released.
 */
export class JobSource implements StreamSource {
  readonly #options: JobSourceOptions;
  #cursor: number;
  #told: JobView | undefined;

  constructor(options: JobSourceOptions, after: number) {
    this.#options = options;
    this.#cursor = after;
    this.#told = undefined;
  }

  open(changed: (kind: ChangeKind) => void): () => void {
    const { client, id, settings } = this.#options;
    return watchOrRepeat(client, id, settings, (_id, kind = 'change') => changed(kind));
  }

  async next(): Promise<StreamPart | undefined> {
    const { client, id, limit, json } = this.#options;
    const after = this.#cursor;
    const poll = await client.poll(id, { after, limit });
    const { job, events, cursor } = poll;
    const isNew = cursor !== after || events.length > 0 || poll.missed > 0;
    if (!isNew && job !== undefined && isSameView(job, this.#told)) return undefined;
    this.#cursor = cursor;
    this.#told = job;
    // The reader's cursor is of another job under the same id: all of it is new.
    const newest = job?.progress?.seq ?? 0;
    const isAnew = limit > 0 && job !== undefined && cursor < after;
    if (isAnew) this.#cursor = 0;
    const isFull = limit > 0 && events.length >= limit && cursor < newest;
    const more = isAnew || isFull;
    const last = job === undefined || (isTerminal(job.status) && !more);
    const text = around(`id: ${cursor}\ndata: `, json.poll(poll), '\n\n');
    return { text, more, last };
  }
}

// Engines at a distance give a new object each time.
const isSameView = (a: JobView, b: JobView | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a.status === b.status &&
    a.attempt === b.attempt &&
    a.availableAt === b.availableAt &&
    a.cancelRequested === b.cancelRequested &&
    a.droppedReports === b.droppedReports &&
    a.progress?.seq === b.progress?.seq);
