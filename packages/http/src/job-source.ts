import { isTerminal, type JobClient, type JobPoll, type JobView } from '@offstage/core';
import type { SafeEncoder } from './encode-safely.ts';
import type { StreamPart, StreamSource } from './event-stream.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

export interface JobSourceOptions {
  readonly client: JobClient;
  readonly id: string;
  /** Events per message; 0 tells of the view alone. */
  readonly limit: number;
  readonly encoder: SafeEncoder;
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

  open(changed: () => void): () => void {
    const { client, id, settings } = this.#options;
    return watchOrRepeat(client, id, settings, changed);
  }

  async next(): Promise<StreamPart | undefined> {
    const { client, id, limit, encoder } = this.#options;
    const after = this.#cursor;
    const poll = await client.poll(id, { after, limit });
    const { job, cursor } = poll;
    const isNew = cursor !== after || poll.events.length > 0 || poll.missed > 0;
    if (!isNew && job !== undefined && isSameView(job, this.#told)) return undefined;
    this.#cursor = cursor;
    this.#told = job;
    return partOf(poll, after, limit, encoder);
  }
}

/** The last message that was made of a view, for the next stream that is at the same point. */
interface Made {
  readonly after: number;
  readonly limit: number;
  readonly cursor: number;
  readonly part: StreamPart;
}
const latest = new WeakMap<JobView, Made>();

function partOf(poll: JobPoll, after: number, limit: number, encoder: SafeEncoder): StreamPart {
  const { job, events, cursor } = poll;
  const made = job === undefined ? undefined : latest.get(job);
  if (made?.after === after && made.limit === limit && made.cursor === cursor) return made.part;
  const more = limit > 0 && events.length >= limit && cursor < (job?.progress?.seq ?? 0);
  const isEnded = job === undefined || isTerminal(job.status);
  const text = `id: ${cursor}\ndata: ${JSON.stringify(encoder.poll(poll))}\n\n`;
  const part = { text, more, last: isEnded && !more };
  // A job that has ended is kept for long, and its result may be large.
  if (!isEnded) latest.set(job, { after, limit, cursor, part });
  return part;
}

// Engines at a distance give a new object each time.
const isSameView = (a: JobView, b: JobView | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a.status === b.status &&
    a.attempt === b.attempt &&
    a.cancelRequested === b.cancelRequested &&
    a.droppedReports === b.droppedReports &&
    a.progress?.seq === b.progress?.seq);
