import type { Clock } from '@offstage/core';

/** What `fetch` takes as headers. */
export type HttpHeaders = Readonly<Record<string, string>> | Headers;

export interface HttpJobClientOptions {
  /**
   * Where the handler is mounted, such as `/jobs` or `https://api.example.com/jobs`. Without a query.
   * A server that redirects from there is taken to want a sign-in: `unauthorized`.
   */
  readonly baseUrl: string;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Sent along with every request; a function is asked each time, such as for a token. @default none */
  readonly headers?: HttpHeaders | (() => HttpHeaders | Promise<HttpHeaders>) | undefined;
  /** As in `fetch`: 'include' sends cookies to another origin. @default 'same-origin' */
  readonly credentials?: 'omit' | 'same-origin' | 'include' | undefined;
  /**
   * Milliseconds until a request has been answered whole; then it fails with `unavailable`. A stream
   * that does not begin within them is given up for some minutes. @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds between two looks of `wait` while changes are not pushed. @default 1000 */
  readonly pollIntervalMs?: number | undefined;
  /** False never opens a stream: every job is polled. @default true */
  readonly streaming?: boolean | undefined;
  /** Also of the observers of this client. @default systemClock */
  readonly clock?: Clock | undefined;
  /** 0 to 1, for the jitter of reconnects. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** What the parts of a client share. */
export interface HttpPorts {
  readonly baseUrl: string;
  /** The versions under which answers were read since hints last came (F7). */
  readonly versions: Set<string>;
  /** Requests whose answers are still to come. */
  readonly pending: Set<Promise<unknown>>;
  readonly send: Send;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
}

export type Send = (
  path: string,
  accept: string,
  init: {
    readonly method: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

/** `fetch` with what the options say goes along with every request. */
export function senderOf({ baseUrl, fetch, headers, credentials }: HttpJobClientOptions): Send {
  const base = baseUrl.replace(/\/+$/, '');
  return async (path, accept, init) => {
    const all = new Headers(typeof headers === 'function' ? await headers() : headers);
    for (const [name, value] of Object.entries(init.headers ?? {})) all.set(name, value);
    all.set('accept', accept);
    // Also where there is no body: frameworks take a change with no content type for a form, and refuse
    // it from an origin that they do not know.
    if (init.method !== 'GET') all.set('content-type', 'application/json');
    const send = fetch ?? globalThis.fetch;
    return send(base + path, {
      ...init,
      headers: all,
      redirect: 'manual',
      ...(credentials && { credentials }),
    });
  };
}
