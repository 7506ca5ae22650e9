import {
  defineJob,
  handle as handleJob,
  InlineExecutor,
  type JobClient,
  JobManager,
  type JobManagerOptions,
} from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { z } from 'zod';
import { createJobsHandler, type JobsHandler } from './jobs-handler.ts';
import type { JobsHandlerOptions } from './jobs-handler-options.ts';

export const done = defineJob({
  name: 'suite.done',
  input: z.object({ n: z.number() }),
  result: z.object({ doubled: z.number() }),
  phases: ['work'],
});

/** Reports once and runs until it is canceled. */
export const slow = defineJob({
  name: 'suite.slow',
  input: z.object({ n: z.number() }),
  result: z.object({}),
  phases: ['work'],
});

/** Reports and ends as the test says. */
export const told = defineJob({
  name: 'suite.told',
  input: z.unknown(),
  result: z.unknown(),
  phases: ['work'],
});

/** Who drives the handlers of `told`. */
export interface Told {
  report(percent: number): void;
  finish(result: unknown): void;
  fail(error: unknown): void;
}

/** A manager with two owners, `alice` and `bob`, behind a handler; `x-owner` says who asks. */
export function jobsServer(
  options: Partial<JobsHandlerOptions> = {},
  managerOptions: Partial<JobManagerOptions> = {},
) {
  const clock = simulatedClock(1_000_000);
  const running: Told[] = [];
  const errors: { error: unknown; reference: string }[] = [];
  const executor = new InlineExecutor([
    handleJob(done, async ({ input }) => ({ doubled: 2 * input.n })),
    handleJob(slow, ({ signal, report }) => {
      report({ phase: 'work', percent: 10 });
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }),
    handleJob(told, ({ signal, report }) => {
      return new Promise((resolve, reject) => {
        running.push({
          report: (percent) => report({ phase: 'work', percent }),
          finish: resolve,
          fail: reject,
        });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }),
  ]);
  const manager = new JobManager({ executor, clock, concurrency: 100, ...managerOptions });
  manager.on('error', () => {});
  const handle = createJobsHandler({
    definitions: [done, slow, told],
    clientFor: (request) => manager.forOwner(request.headers.get('x-owner') ?? 'alice'),
    clock,
    onError: (error, { reference }) => void errors.push({ error, reference }),
    ...options,
  });
  return {
    clock,
    errors,
    handle,
    manager,
    running,
    alice: manager.forOwner('alice'),
    bob: manager.forOwner('bob'),
  };
}

export const origin = 'http://localhost:3000';

export type Init = ConstructorParameters<typeof Request>[1] & {
  readonly path?: string;
  readonly duplex?: 'half';
};

export const post = (path: string, json?: unknown, init: Init = {}): Init => ({
  path,
  method: 'POST',
  ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  ...init,
  headers: {
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(init.headers as Record<string, string> | undefined),
  },
});

/** One request, in this process. */
export function call(handle: JobsHandler, to: string | Init, init: Init = {}): Promise<Response> {
  const { path = '/', ...rest } = typeof to === 'string' ? { ...init, path: to } : to;
  return handle(new Request(`${origin}${path}`, rest));
}

/** The JSON of an answer, which the test then looks at. */
// biome-ignore lint/suspicious/noExplicitAny: JSON is whatever the test expects of it.
export async function body(response: Response): Promise<any> {
  return response.json();
}

export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly data: any;
}

/** Reads a stream part by part, as slowly as the test likes. */
export function streamReader(response: Response) {
  const reader = (response.body ?? new ReadableStream()).getReader();
  const decoder = new TextDecoder();
  return {
    /** One chunk; undefined at the end. */
    async chunk(): Promise<string | undefined> {
      const { done: isDone, value } = await reader.read();
      return isDone ? undefined : decoder.decode(value);
    },
    /** The next event, past what is none; undefined at the end. */
    async event(): Promise<StreamEvent | undefined> {
      for (;;) {
        const text = await this.chunk();
        if (text === undefined) return undefined;
        const event = parseEvent(text);
        if (event !== undefined) return event;
      }
    },
    cancel: () => reader.cancel(),
  };
}

function parseEvent(text: string): StreamEvent | undefined {
  const field = (name: string): string | undefined =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  if (data === undefined) return undefined;
  return { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) };
}

/** A client of which a test replaces some methods. */
export const withMethods = (client: JobClient, methods: Partial<JobClient>): JobClient => ({
  start: (...args) => client.start(...args),
  get: (id: string) => client.get(id) as ReturnType<JobClient['get']> as never,
  poll: (id: string, page?: object) => client.poll(id, page) as never,
  pollMany: (asked) => client.pollMany(asked),
  list: (filter) => client.list(filter),
  cancel: (id) => client.cancel(id),
  retry: (id: string) => client.retry(id) as never,
  consume: (id) => client.consume(id),
  wait: (id: string) => client.wait(id) as never,
  activity: () => client.activity(),
  ...methods,
});
