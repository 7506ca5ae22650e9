import { type Answer, isResponse, type PulledBody } from './answer.ts';
import { piecesOf } from './text.ts';

/** An answer as fetch has it. `signal` is the request's: when it aborts, a stream ends (H3). */
export function toResponse(answer: Answer | Response, signal: AbortSignal): Response {
  if (isResponse(answer)) return answer;
  const { status, headers, body } = answer;
  const content = body === null || typeof body === 'string' ? body : readable(body, signal);
  return new Response(content, { status, headers });
}

const encoder = new TextEncoder();

/** With no room in its queue, it asks the stream only when its own reader does. */
function readable(stream: PulledBody, signal: AbortSignal): ReadableStream<Uint8Array> {
  let pieces: Iterator<string> | undefined;
  let isOver = false;
  let isClosed = false;
  let abort = (): void => undefined;
  const close = (controller?: Controller): void => {
    pieces = undefined;
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener('abort', abort);
    controller?.close();
  };
  /** Gives the next piece of what was written, if there is one. */
  const give = (controller: Controller): boolean => {
    const { done, value } = pieces?.next() ?? { done: true };
    if (done === true) pieces = undefined;
    else controller.enqueue(encoder.encode(value));
    return done !== true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => {
          close(controller);
          stream.end();
        };
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      },
      pull(controller) {
        if (give(controller)) return;
        if (isOver) {
          close(controller);
          return;
        }
        stream.pull({
          write(text) {
            // What is not shared is there as it is: nothing is saved by pieces.
            pieces = typeof text === 'string' ? [text].values() : piecesOf(text);
            give(controller);
          },
          // Behind what is still to be given.
          end() {
            isOver = true;
            if (pieces === undefined) close(controller);
          },
        });
      },
      cancel() {
        close();
        stream.end();
      },
    },
    { highWaterMark: 0 },
  );
}

type Controller = ReadableStreamDefaultController<Uint8Array>;
