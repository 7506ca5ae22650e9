import { hostileOptions, isCoded, outcomeOf } from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { createJobsHandler } from './jobs-handler.ts';
import { jobsServer, told } from './server.test-support.ts';

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

test('F1 H1 createJobsHandler: what throws or is none is a coded error', async () => {
  const faults: string[] = [];
  for (const { name, options } of hostileOptions(handlerOptions)) {
    const given: Untyped = options;
    const outcome = await outcomeOf(() => createJobsHandler(given), 5000);
    if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
  }
  expect(faults).toEqual([]);
});
