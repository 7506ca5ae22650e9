import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
} from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { HttpJobClient } from './client/http-job-client.ts';
import { createJobsHandler } from './jobs-handler.ts';
import { jobsServer, origin, told } from './server.test-support.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;

const handlerOptions = {
  clientFor: () => jobsServer().alice,
  definitions: [told],
  basePath: '/jobs',
  maxBodyBytes: 1000,
  bodyTimeoutMs: 1000,
  allowedOrigins: [],
  maxStreams: 1,
  heartbeatMs: 1000,
};
const clientOptions = { baseUrl: '/jobs', timeoutMs: 1000, pollIntervalMs: 1000, streaming: true };
const client = (): HttpJobClient => {
  const { handle } = jobsServer();
  return new HttpJobClient({
    baseUrl: `${origin}/jobs`,
    fetch: (...request) => handle(new Request(...request)),
  });
};

const doors: readonly (readonly [
  what: string,
  given: readonly HostileOptions[],
  door: (given: Untyped) => unknown,
])[] = [
  ['createJobsHandler', hostileOptions(handlerOptions), (given) => createJobsHandler(given)],
  ['HttpJobClient', hostileOptions(clientOptions), (given) => new HttpJobClient(given)],
  [
    'start, definition',
    hostileOptions({ name: told.name }),
    (given) => client().start(given, null),
  ],
  [
    'start, options',
    hostileOptions({ exclusivityKey: 'k', onConflict: 'queue', idempotencyKey: 'i' }),
    (given) => client().start(told, null, given),
  ],
  ['poll, options', hostileOptions({ after: 0, limit: 1 }), (given) => client().poll('id', given)],
  ['pollMany', hostileArguments(), (given) => client().pollMany(given)],
];

test.each(doors)('F1 H4 %s: what throws or is none is a coded error', async (_, table, door) => {
  const faults: string[] = [];
  for (const { name, options } of table) {
    const outcome = await outcomeOf(() => door(options), 5000);
    if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
  }
  expect(faults).toEqual([]);
});
