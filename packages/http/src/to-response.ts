import { type Answer, isResponse, type PulledBody } from './answer.ts';

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
  const end = (): void => stream.end();
  let isCanceled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (signal.aborted) {
          end();
          controller.close();
        } else {
          signal.addEventListener('abort', end, { once: true });
        }
      },
      pull(controller) {
        stream.pull({
          write: (text) => controller.enqueue(encoder.encode(text)),
          end() {
            signal.removeEventListener('abort', end);
            if (!isCanceled) controller.close();
          },
        });
      },
      cancel() {
        isCanceled = true;
        end();
      },
    },
    { highWaterMark: 0 },
  );
}
