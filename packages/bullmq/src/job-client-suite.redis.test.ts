import { randomUUID } from 'node:crypto';
import { jobClientSuite, jobClientSuiteHandlers, suiteUnhandledJob } from '@offstage/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisServer } from '../fixtures/redis-server.ts';
import { WorkerProcess } from '../fixtures/worker-processes.ts';
import { BullJobManager } from './index.ts';

let redis: RedisServer;
const workers = [new WorkerProcess(), new WorkerProcess()];

beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  for (const worker of workers) await worker.kill();
  await redis[Symbol.asyncDispose]();
});

// Each test has a queue of its own; the two processes serve one after the other.
jobClientSuite(
  { describe, test, expect },
  {
    name: 'E1 BullJobManager with two worker processes',
    async create({ concurrency, ...setup }) {
      const queueName = randomUUID();
      const connection = { url: redis.url };
      const { url } = redis;
      const serving = workers.slice(0, concurrency);
      await Promise.all(
        serving.map((worker) =>
          worker.order({ type: 'serve', url, queueName, concurrency: 1, lockMs: 5000 }),
        ),
      );
      const definitions = jobClientSuiteHandlers.map(({ definition }) => definition);
      const manager = new BullJobManager({ connection, queueName, definitions, ...setup });
      return {
        forOwner: (owner) => manager.forOwner(owner),
        shutdown: () => manager.shutdown({ graceMs: 1000, keep: false }),
        async enterMaintenance() {
          const lease = await manager.enterMaintenance();
          return () => lease.release();
        },
        async close() {
          await manager.close();
          await Promise.all(serving.map((worker) => worker.order({ type: 'stop', graceMs: 0 })));
        },
      };
    },
  },
);

test('J3 the suite’s job without a handler is no definition of the manager’s', () => {
  expect(jobClientSuiteHandlers.some(({ definition }) => definition === suiteUnhandledJob)).toBe(
    false,
  );
});
