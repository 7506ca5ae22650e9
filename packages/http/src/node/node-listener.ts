import type { IncomingMessage, ServerResponse } from 'node:http';
import { drain, requestBody } from './request-body.ts';

export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/**
 * Lets a fetch-standard handler answer requests of `node:http`, Express 5 and Fastify 5 (H1). A body
 * is written as fast as its reader takes it, and no faster; a client that goes away aborts the
 * request's signal and cancels the body (H3).
 *
 * @example
 * createServer(toNodeListener(handleJobs)).listen(3000);
 */
export function toNodeListener(handler: (request: Request) => Promise<Response>): NodeListener {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    respond(handler, incoming, outgoing, gone.signal).catch(() => {
      // What a handler that never rejects cannot cause: a body that fails, headers that are none.
      // It is too late for another answer, and a cut connection says so.
      outgoing.destroy();
    });
  };
}

async function respond(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const request = toRequest(incoming, signal);
  const response =
    request === undefined ? new Response(null, { status: 400 }) : await handler(request);
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  // The rest of a body that nobody wants would be taken for the next request.
  if (!incoming.complete) {
    outgoing.setHeader('connection', 'close');
    outgoing.once('finish', () => drain(incoming));
  }
  outgoing.writeHead(response.status);
  if (response.body === null) outgoing.end();
  else await write(response.body, outgoing);
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET', headers: known } = incoming;
  try {
    const isSecure = 'encrypted' in incoming.socket && incoming.socket.encrypted === true;
    const origin = `${isSecure ? 'https' : 'http'}://${known.host ?? known[':authority'] ?? 'localhost'}`;
    const headers = new Headers();
    for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
      const name = incoming.rawHeaders[index] ?? '';
      if (!name.startsWith(':')) headers.append(name, incoming.rawHeaders[index + 1] ?? '');
    }
    const body = method === 'GET' || method === 'HEAD' ? undefined : requestBody(incoming);
    const duplex = { duplex: 'half' } as const;
    return new Request(addressOf(incoming, origin), {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body, ...duplex }),
    });
  } catch {
    // A host, an address or a method that no Request can have.
    return undefined;
  }
}

/** Express cuts the path of a router off `url`, and keeps all of it in `originalUrl`. */
function addressOf(incoming: IncomingMessage, origin: string): string {
  const whole = 'originalUrl' in incoming ? incoming.originalUrl : incoming.url;
  const address = typeof whole === 'string' ? whole : '/';
  // Proxies send whole addresses; their host is the Host header's.
  if (address.startsWith('/')) return origin + address;
  const { pathname, search } = new URL(address);
  return origin + pathname + search;
}

async function write(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  outgoing.once('close', stop);
  if (outgoing.destroyed) stop();
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    // The socket still holds what it was given before: nothing more is read until that has gone.
    if (!outgoing.write(value)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off('drain', settle);
      outgoing.off('close', settle);
      resolve();
    };
    if (outgoing.destroyed) resolve();
    outgoing.once('drain', settle);
    outgoing.once('close', settle);
  });
}
