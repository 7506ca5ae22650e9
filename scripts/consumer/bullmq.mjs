// Starts, runs and cancels jobs over a Redis of its own; nothing is printed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { handle, InlineExecutor } from '@offstage/core';
import { count } from './jobs.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'offstage-consumer-'));
const port = await freePort();
const redis = spawn(
  process.env.REDIS_SERVER_PATH ?? 'redis-server',
  ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
  { stdio: 'ignore' },
);
const queue = {
  connection: { url: `redis://127.0.0.1:${port}` },
  queueName: 'count',
  definitions: [count],
};
const manager = new BullJobManager(queue);
const served = serveBullJobs({ ...queue, executor: new InlineExecutor([handle(count, counting)]) });
try {
  await Promise.all([manager.ready(), served.ready()]);
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(count, { directory: '', text: 'all at once' });
  const end = await alice.wait(id);
  assert.equal(end.status, 'succeeded');
  assert.equal(end.result.words, 3);
  assert.equal((await alice.poll(id)).events[0].message, 'counts');
  assert.equal(await alice.consume(id), true);

  const endless = await alice.start(count, { directory: '', text: '' });
  assert.equal(await alice.cancel(endless.id), true);
  assert.equal((await alice.wait(endless.id)).status, 'canceled');
} finally {
  await served.shutdown();
  await manager.close();
  redis.kill();
  await once(redis, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

/** Goes on with an empty text until it is told to stop. */
async function counting({ input, signal, report }) {
  report({ phase: count.phases[0], message: 'counts' });
  if (input.text === '' && !signal.aborted) await once(signal, 'abort');
  signal.throwIfAborted();
  return { version: 'v1', words: input.text.split(' ').length };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
