import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '@offstage/core';
import {
  type Answer,
  type AnswerRequest,
  answerRequest,
  isResponse,
  type PulledBody,
} from '../answer.ts';
import { longLength, piecesOf, slicesOf, type Text } from '../text.ts';
import { drain, hasBody, requestBody } from './request-body.ts';
import { isAuthority, isPlainPath } from './target.ts';
import { endPieces, writePieces } from './write-pieces.ts';

export interface NodeListenerOptions {
  /** For the minute after which a reader that takes nothing is cut off. @default systemClock */
  readonly clock?: Clock | undefined;
}

export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/**
 * Lets a fetch-standard handler answer requests of `node:http`, Express 5 and Fastify 5. A body
 * is written as fast as its reader takes it, and no faster; a client that goes away aborts the
 * request's signal and cancels the body.
 *
 * What `createJobsHandler` gives is served best as it is: a stream of its own then costs little more
 * than its connection. Wrapped in another function it works the same, for more memory.
 *
 * @example
 * createServer(toNodeListener(handleJobs)).listen(3000);
 */
export function toNodeListener(
  handler: (request: Request) => Promise<Response>,
  { clock = systemClock }: NodeListenerOptions = {},
): NodeListener {
  const answer = answerOf(handler);
  return (incoming, outgoing) =>
    inTurn(outgoing, () => {
      respond(answer, incoming, outgoing, clock).catch(() => {
        // What a jobs handler never causes: one that rejects, a body that fails, headers that are none.
        // It is too late for another answer, and a cut connection says so.
        outgoing.destroy();
      });
    });
}

/**
 * Of requests that were sent one behind the other, each is looked at when the answer before it has gone:
 * a packet holds a thousand of them, whose answers would all be kept until somebody reads (H5).
 */
function inTurn(outgoing: ServerResponse, then: () => void): void {
  if (outgoing.socket === null) outgoing.once('socket', then);
  else then();
}

function answerOf(handler: (request: Request) => Promise<Response>): AnswerRequest {
  const own: unknown = Reflect.get(handler, answerRequest);
  // Nobody else knows the symbol.
  return typeof own === 'function' ? (own as AnswerRequest) : handler;
}

async function respond(
  answer: AnswerRequest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  clock: Clock,
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => {
    if (!outgoing.writableFinished) gone.abort();
  };
  outgoing.once('close', onClose);
  const given = await answerSafely(answer, incoming, gone.signal);
  const { body } = given;
  if (body === null || typeof body === 'string') {
    writeHead(incoming, outgoing, given, body ?? undefined);
    endWithText(outgoing, body ?? '', clock);
  } else if (body instanceof ReadableStream) {
    writeHead(incoming, outgoing, given);
    await pump(body, outgoing, clock);
  } else {
    // From here on the request is not needed any more, for as long as the stream goes on.
    outgoing.off('close', onClose);
    writeHead(incoming, outgoing, given);
    feed(body, outgoing, clock);
  }
}

function answerSafely(
  answer: AnswerRequest,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer | Response> {
  const request = toRequest(incoming, signal);
  if (request === undefined) return Promise.resolve(new Response(null, { status: 400 }));
  return answer(request);
}

function writeHead(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: Answer | Response,
  content?: string,
): void {
  const headers: Record<string, string | string[]> = isResponse(answer)
    ? Object.fromEntries(answer.headers)
    : { ...answer.headers };
  const cookies = isResponse(answer) ? answer.headers.getSetCookie() : [];
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  if (content !== undefined) headers['content-length'] = String(Buffer.byteLength(content));
  // The rest of a body that nobody wants would be taken for the next request.
  if (!incoming.complete && hasBody(incoming)) {
    headers.connection = 'close';
    outgoing.once('finish', () => drain(incoming));
  }
  // All at once: headers that are set one by one stay in memory as long as the response does.
  outgoing.writeHead(answer.status, headers);
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET' } = incoming;
  try {
    // Not `incoming.headers`, which would be made, and kept, besides.
    const headers = new Headers();
    let host: string | undefined;
    for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
      const name = incoming.rawHeaders[index] ?? '';
      const value = incoming.rawHeaders[index + 1] ?? '';
      if (name === ':authority') host = value;
      if (!name.startsWith(':')) headers.append(name, value);
    }
    const named = headers.get('host');
    // Two names of one server are one too many: whoever stands before may have looked at the other.
    if (named !== null && host !== undefined && named !== host) return undefined;
    host ??= named ?? 'localhost';
    if (!isAuthority(host)) return undefined;
    const isSecure = 'encrypted' in incoming.socket && incoming.socket.encrypted === true;
    const origin = `${isSecure ? 'https' : 'http'}://${host}`;
    const body = method === 'GET' || method === 'HEAD' ? undefined : requestBody(incoming);
    const init = { method, headers, signal };
    const sent = body === undefined ? {} : { body, duplex: 'half' as const };
    const address = addressOf(incoming, origin);
    return address === undefined ? undefined : new Request(address, { ...init, ...sent });
  } catch {
    // A host, an address or a method that no Request can have.
    return undefined;
  }
}

/** Express cuts the path of a router off `url`, and keeps all of it in `originalUrl`. */
function addressOf(incoming: IncomingMessage, origin: string): string | undefined {
  const whole = 'originalUrl' in incoming ? incoming.originalUrl : incoming.url;
  const target = typeof whole === 'string' ? whole : '/';
  // Proxies send whole addresses; their host is the Host header's.
  const [, named, path = target] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  if (named !== undefined && !isAuthority(named)) return undefined;
  const address = path === '' ? '/' : path;
  return isPlainPath(address) ? origin + address : undefined;
}

/** A short text goes in one piece with what stands before it. */
function endWithText(outgoing: ServerResponse, text: string, clock: Clock): void {
  if (text.length < longLength) endPieces(outgoing, clock, text);
  else writePieces(outgoing, piecesOf(text), clock, () => endPieces(outgoing, clock));
}

/** A stream of jobs, or a long list: each write asks for the next, once the socket has taken it. */
function feed(stream: PulledBody, outgoing: ServerResponse, clock: Clock): void {
  let isWriting = false;
  let isOver = false;
  const pull = (): void => stream.pull(reader);
  const reader = {
    write(text: Text): void {
      isWriting = true;
      writePieces(outgoing, piecesOf(text), clock, () => {
        isWriting = false;
        if (isOver) endPieces(outgoing, clock);
        else queueMicrotask(pull);
      });
    },
    // Behind what is still on its way.
    end(): void {
      isOver = true;
      if (!isWriting) endPieces(outgoing, clock);
    },
  };
  outgoing.once('close', () => stream.end());
  if (outgoing.destroyed) stream.end();
  else pull();
}

/** Any other body, chunk by chunk. */
async function pump(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  clock: Clock,
): Promise<void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  outgoing.once('close', stop);
  if (outgoing.destroyed) stop();
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    // Nothing more is read until the socket has taken what it was given.
    await written(value, outgoing, clock);
  }
  endPieces(outgoing, clock);
}

/** Resolves when all of it is on its way, or nobody reads any more. */
function written(chunk: Uint8Array, outgoing: ServerResponse, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off('close', settle);
      resolve();
    };
    outgoing.once('close', settle);
    if (outgoing.destroyed) settle();
    else writePieces(outgoing, slicesOf(chunk), clock, settle);
  });
}
