import { jobClientSuite, jobClientSuiteHandlers, suiteUnhandledJob } from '@offstage/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisServer } from '../fixtures/redis-server.ts';
import { suiteEngine, suiteEngineOverHttp } from '../fixtures/suite-engine.ts';
import { WorkerProcess } from '../fixtures/worker-processes.ts';

let redis: RedisServer;
const workers = [new WorkerProcess(), new WorkerProcess()];

beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  await Promise.all(workers.map((worker) => worker.order({ type: 'stop', graceMs: 0 })));
});
afterAll(async () => {
  for (const worker of workers) await worker.kill();
  await redis[Symbol.asyncDispose]();
});

// Each test has a queue of its own; the two processes serve one after the other.
jobClientSuite(
  { describe, test, expect },
  {
    name: 'BullJobManager with two worker processes',
    create: (setup) => suiteEngine(redis.url, workers, setup),
  },
);

// So long that whatever is seen was told by the stream; by polls alone in the long form: OFFSTAGE_LONG=1.
const transports = {
  stream: { streaming: true, pollIntervalMs: 3_600_000 },
  ...(process.env.OFFSTAGE_LONG === '1' && { poll: { streaming: false, pollIntervalMs: 5 } }),
};
for (const [transport, options] of Object.entries(transports)) {
  jobClientSuite(
    { describe, test, expect },
    {
      name: `HttpJobClient by ${transport} over BullJobManager`,
      create: (setup) => suiteEngineOverHttp(redis.url, workers, setup, options),
    },
  );
}

test('J3 the suite’s job without a handler is no definition of the manager’s', () => {
  expect(jobClientSuiteHandlers.some(({ definition }) => definition === suiteUnhandledJob)).toBe(
    false,
  );
});
