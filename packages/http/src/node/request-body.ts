import type { IncomingMessage } from 'node:http';

// How long a client may go on to send what nobody reads, so that it comes to read the answer.
const drainMs = 500;

type RequestBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | string;

/**
 * The body of a request, read from the socket only when it is asked for. Where a framework has read
 * it already, what its parser made of it is written as JSON again. `undefined` where there is none.
 */
export function requestBody(incoming: IncomingMessage): RequestBody | undefined {
  if (incoming.readableDidRead || incoming.readableEnded) return parsedBody(incoming);
  return hasBody(incoming) ? streamOf(incoming) : undefined;
}

/** Whether there is, or was, anything to read. */
export function hasBody({ method, headers, httpVersionMajor }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (length !== undefined) return length !== '0';
  return encoding !== undefined || httpVersionMajor > 1;
}

/** Not `Readable.toWeb`, which ends the connection when the body is not wanted any more. */
function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let stop = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const onData = (chunk: Uint8Array): void => {
          incoming.pause();
          controller.enqueue(chunk);
        };
        const onEnd = (): void => {
          stop();
          controller.close();
        };
        const onFailure = (): void => {
          stop();
          controller.error(new Error('The client went away.'));
        };
        stop = () => {
          incoming.off('data', onData).off('end', onEnd).off('close', onFailure);
          stop = () => {};
        };
        // Before `data`, which would set it flowing.
        incoming.pause();
        incoming.on('data', onData).on('end', onEnd).on('close', onFailure);
        incoming.on('error', () => {});
      },
      pull: () => void incoming.resume(),
      cancel: () => stop(),
    },
    { highWaterMark: 0 },
  );
}

function parsedBody(incoming: IncomingMessage): RequestBody | undefined {
  const body: unknown = 'body' in incoming ? incoming.body : undefined;
  if (body === undefined) return undefined;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

/** Lets the rest of a body pass for a moment, then cuts the connection. */
export function drain(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return;
  const timer = setTimeout(() => incoming.destroy(), drainMs).unref();
  incoming.once('close', () => clearTimeout(timer));
  incoming.resume();
}
