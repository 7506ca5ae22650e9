import type { EventLog } from './event-log.ts';

const heartbeatMs = 15_000;
const maxBatch = 200;

/**
 * The events of one session as server-sent events, from a cursor on. Nothing is queued for a slow
 * reader: it reads from what the log still has when it reads again.
 */
export function logStream(
  log: EventLog,
  owner: string,
  options: { readonly after: number; readonly signal: AbortSignal },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor = options.after;
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
          if (batch.length === 0) return;
          const text = batch.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
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
        controller.enqueue(encoder.encode('retry: 1000\n\n'));
        if (options.signal.aborted) end();
      },
      pull: () => offerAgain(),
      cancel: () => stop(),
    },
    { highWaterMark: 2 },
  );
}
