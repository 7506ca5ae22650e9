import type { StreamReader } from './stream-reader.ts';

/** A body that is made as its reader asks for it. */
export interface PulledBody {
  pull(reader: StreamReader): void;
  /** Nobody reads it any more. */
  end(): void;
}

/**
 * What the handler answers, before it becomes a Response. Node.js writes it to a socket as it is: a
 * Response with its streams costs several times what a connection itself does, for each open stream.
 */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | PulledBody | null;
}

/** A refusal of the application's is passed on as it is. */
export type AnswerRequest = (request: Request) => Promise<Answer | Response>;

/** Where a handler carries its `AnswerRequest`, for `toNodeListener`. */
export const answerRequest = Symbol.for('offstage.http.answer');

/*
 * The headers of every answer (H5): kept by no cache, guessed at by no browser, embedded by no other
 * site. There are no CORS headers: who wants other origins to read jobs adds them around the handler.
 */
const common = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'authorization, cookie, origin, sec-fetch-site',
} as const;

const streaming = {
  ...common,
  // Neither compressed nor held back on the way: each event counts when it is sent.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'content-type': 'text/event-stream; charset=utf-8',
} as const;

export interface AnswerOptions {
  /** @default 200 */
  readonly status?: number;
  /** @default 'application/json' */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function jsonAnswer(value: unknown, options?: AnswerOptions): Answer {
  return textAnswer(JSON.stringify(value), options);
}

/** What is JSON already. */
export function textAnswer(body: string, options: AnswerOptions = {}): Answer {
  const { status = 200, type = 'application/json', headers } = options;
  return { status, headers: { ...common, 'content-type': type, ...headers }, body };
}

export function emptyAnswer(status: number, headers?: Readonly<Record<string, string>>): Answer {
  return { status, headers: { ...common, ...headers }, body: null };
}

/** Server-sent events; `null` answers a HEAD. */
export function streamAnswer(body: PulledBody | null): Answer {
  return { status: 200, headers: streaming, body };
}

/** Not `instanceof`: frameworks bring a Response of their own. */
export const isResponse = (value: object): value is Response => 'arrayBuffer' in value;

/** The answer to HEAD: that to GET without its body. */
export function withoutBody(answer: Answer | Response): Answer | Response {
  if (!isResponse(answer)) {
    if (typeof answer.body === 'object') answer.body?.end();
    return { ...answer, body: null };
  }
  return new Response(null, { status: answer.status, headers: answer.headers });
}
