import { settle, simulatedClock } from '@offstage/core/testing';
import { HttpJobClient } from './http-job-client.ts';
import type { HttpJobClientOptions } from './http-job-client-options.ts';
// What a client loads when it needs it is there: tests count turns, and a first load takes any number.
import './hint-stream.ts';
import './problem.ts';
import './start-job.ts';
import './wait-for-end.ts';

export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
  readonly credentials: string | undefined;
}

export type Answer = Response | Error | ((request: SentRequest) => Response | Promise<Response>);

/** A client whose requests a test answers, on a clock that stands still until it is moved. */
export function scriptedHttp(options: Partial<HttpJobClientOptions> = {}) {
  const clock = simulatedClock(1_000_000_000_000);
  const requests: SentRequest[] = [];
  const script = { answer: new Error('The script has no answer.') as Answer };
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const request = {
      url: String(url),
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      signal: init.signal ?? undefined,
      credentials: init.credentials,
    };
    requests.push(request);
    const { answer } = script;
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer(request) : answer;
  };
  const client = new HttpJobClient({
    baseUrl: '/jobs',
    fetch: fetch as typeof globalThis.fetch,
    clock,
    random: () => 1,
    ...options,
  });
  return { client, clock, requests, script };
}

export function json(body: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(body), { ...init, headers });
}

export const page = (status: number, init: ResponseInit = {}): Response =>
  new Response('<!doctype html><title>Gateway</title>', {
    status,
    ...init,
    headers: { 'content-type': 'text/html', ...init.headers },
  });

export const jobOf = (id: string, change: Readonly<Record<string, unknown>> = {}) => ({
  id,
  name: 'n',
  phases: ['p'],
  status: 'running',
  attempt: 1,
  maxAttempts: 1,
  availableAt: null,
  lastFailure: null,
  retryOf: null,
  cancelRequested: false,
  progress: null,
  droppedReports: 0,
  createdAt: 1,
  startedAt: 1,
  endedAt: null,
  ...change,
});

/** What `POST /jobs/poll` answers: every job runs. */
export function pollsOf(request: SentRequest): Response {
  const { polls } = request.body as { polls: { id: string; after?: number }[] };
  return json({
    polls: polls.map(({ id, after = 0 }) => ({
      job: jobOf(id),
      events: [],
      cursor: after,
      missed: 0,
    })),
  });
}

/** A stream that a test writes, part by part. */
export function scriptedStream(init: ResponseInit = {}) {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let canceled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
    cancel: () => {
      canceled = true;
    },
  });
  const response = new Response(body, {
    ...init,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', ...init.headers },
  });
  return {
    response,
    get canceled() {
      return canceled;
    },
    async write(text: string | Uint8Array) {
      controller?.enqueue(typeof text === 'string' ? encoder.encode(text) : text);
      await settle();
    },
    async end() {
      controller?.close();
      await settle();
    },
    async fail(error: unknown) {
      controller?.error(error);
      await settle();
    },
  };
}

/** The error that the promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It did not reject.');
}
