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

export interface ResponseOptions {
  /** @default 200 */
  readonly status?: number;
  /** @default 'application/json' */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function jsonResponse(body: unknown, options: ResponseOptions = {}): Response {
  const { status = 200, type = 'application/json', headers } = options;
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...common, 'content-type': type, ...headers },
  });
}

export function emptyResponse(status: number, headers?: Readonly<Record<string, string>>) {
  return new Response(null, { status, headers: { ...common, ...headers } });
}

/** Server-sent events; `null` answers a HEAD. */
export function streamResponse(body: ReadableStream<Uint8Array> | null): Response {
  return new Response(body, {
    headers: {
      ...common,
      // Neither compressed nor held back on the way: each event counts when it is sent.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'content-type': 'text/event-stream; charset=utf-8',
    },
  });
}

/** The answer to HEAD: that to GET without its body. */
export function withoutBody(response: Response): Response {
  return new Response(null, { status: response.status, headers: response.headers });
}
