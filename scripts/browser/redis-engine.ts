import { randomUUID } from 'node:crypto';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { InlineExecutor } from '@offstage/core';
import { RedisServer } from '../../packages/bullmq/fixtures/redis-server.ts';
import type { MakeEngine } from './bed-engine.ts';

/** A Redis for all beds of a process. */
export async function startRedis(): Promise<AsyncDisposable & { readonly make: MakeEngine }> {
  const redis = await RedisServer.start('--appendfsync', 'no');
  return { make: overRedis(redis.url), [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
}

/** Over BullMQ, each with a queue of its own. */
const overRedis =
  (url: string): MakeEngine =>
  (job) => {
    const queue = {
      connection: { url },
      queueName: randomUUID(),
      definitions: [job.definition],
    };
    const manager = new BullJobManager({ ...queue, maxActivePerOwner: 100_000 });
    const executor = new InlineExecutor([job]);
    const served = serveBullJobs({ ...queue, executor, concurrency: 10_000 });
    for (const each of [manager, served]) each.on('error', () => undefined);
    return {
      forOwner: (owner) => manager.forOwner(owner),
      end: () => Promise.all([served.shutdown({ graceMs: 0 }), manager.close()]),
    };
  };
