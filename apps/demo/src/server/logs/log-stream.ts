import type { EventLog } from './event-log.ts';

const heartbeatMs = 15_000;
const maxBatch = 200;
// When who reads what there is comes back for more.
const againMs = 2000;

/** Where a reader is in the log: the life of the server that counted, and how far it had come. */
export interface LogCursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Reads `<epoch>.<seq>`, the `id` of each event. What is none is a cursor of no life of this server. */
export function parseLogCursor(text: string): LogCursor {
  const [, epoch = '', seq = ''] = /^([\w-]{1,64})\.(\d{1,15})$/.exec(text) ?? [];
  return { epoch, seq: Number(seq) };
}

export interface LogStreamOptions {
  readonly after: LogCursor | undefined;
  /** False ends the answer with what there is. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * The events of one session as server-sent events, from a cursor on. Nothing is queued for a slow
 * reader: it reads from what the log still has when it reads again. A reader whose cursor is of another
 * life of the server, or of a place that this one has not reached, first gets an event `reset`, and then
 * all that the log has: its numbers mean nothing here (D10).
 */
export function logStream(
  log: EventLog,
  owner: string,
  options: LogStreamOptions,
): ReadableStream<Uint8Array> {
  const { after, follow } = options;
  const isKnown = after !== undefined && after.epoch === log.epoch && after.seq <= log.newest;
  const encoder = new TextEncoder();
  let cursor = isKnown ? after.seq : 0;
  let stop = (): void => {};
  let offerAgain = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOver = false;
        const offer = (): void => {
          if (isOver || (controller.desiredSize ?? 0) <= 0) return;
          const { events, cursor: newest } = log.read(owner, cursor);
          const batch = events.slice(0, maxBatch);
          cursor = batch.length < events.length ? (batch.at(-1)?.seq ?? newest) : newest;
          if (batch.length === 0) {
            if (!follow) end();
            return;
          }
          const text = batch.map(
            (event) => `id: ${log.epoch}.${event.seq}\ndata: ${JSON.stringify(event)}\n\n`,
          );
          controller.enqueue(encoder.encode(text.join('')));
        };
        offerAgain = offer;
        const unlisten = log.onChange(offer);
        const beat = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': alive\n\n'));
        }, heartbeatMs).unref();
        stop = () => {
          if (isOver) return;
          isOver = true;
          unlisten();
          clearInterval(beat);
          options.signal.removeEventListener('abort', end);
        };
        const end = (): void => {
          if (isOver) return;
          stop();
          controller.close();
        };
        options.signal.addEventListener('abort', end);
        // With an id, so that a reader who gets nothing else has a cursor all the same.
        const begin =
          isKnown || after === undefined ? '' : `event: reset\nid: ${log.epoch}.0\ndata: {}\n\n`;
        controller.enqueue(encoder.encode(`retry: ${follow ? 1000 : againMs}\n\n${begin}`));
        if (options.signal.aborted) end();
      },
      pull: () => offerAgain(),
      cancel: () => stop(),
    },
    { highWaterMark: 2 },
  );
}
