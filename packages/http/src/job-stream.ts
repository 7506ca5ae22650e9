import { isTerminal, type JobClient, type JobView } from '@offstage/core';
import type { SafeEncoder } from './encode-safely.ts';
import type { StreamPart, StreamSource } from './event-stream.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

export interface JobStreamOptions {
  readonly client: JobClient;
  readonly id: string;
  /** The cursor to go on from. */
  readonly after: number;
  /** Events per message; 0 tells of the view alone. */
  readonly limit: number;
  readonly encoder: SafeEncoder;
  readonly watch: ChangeWatch;
}

/**
 * One job as a stream: each message is a poll from the cursor of the one before, and the cursor is
 * its id (H3). What fell out of the job's ring meanwhile counts as missed. Ends when the job has
 * ended and all its events are told, or when it is released.
 */
export function jobSource(options: JobStreamOptions): StreamSource {
  const { client, id, limit, encoder, watch } = options;
  let cursor = options.after;
  let told: JobView | undefined;
  return {
    open: (changed) => watchOrRepeat(client, id, watch, changed),
    async next(): Promise<StreamPart | undefined> {
      const poll = await client.poll(id, { after: cursor, limit });
      const { job, events, missed } = poll;
      const isNew = events.length > 0 || missed > 0 || poll.cursor !== cursor;
      if (!isNew && job !== undefined && isSameView(job, told)) return undefined;
      cursor = poll.cursor;
      told = job;
      const more = limit > 0 && events.length >= limit && cursor < (job?.progress?.seq ?? 0);
      return {
        text: `id: ${cursor}\ndata: ${JSON.stringify(encoder.poll(poll))}\n\n`,
        more,
        last: job === undefined || (isTerminal(job.status) && !more),
      };
    },
  };
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
