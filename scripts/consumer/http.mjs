// Serves jobs with node:http and works with them through the client, as two processes would.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { HttpJobClient } from '@offstage/http/client';
import { toNodeListener } from '@offstage/http/node';
import { count } from './jobs.mjs';

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(count, ({ input }) => ({ version: 'v1', words: input.text.split(' ').length })),
  ]),
});
const handler = createJobsHandler({
  definitions: [count],
  clientFor: () => manager.forOwner('alice'),
});
const server = createServer(toNodeListener(handler));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = new HttpJobClient({ baseUrl: `http://127.0.0.1:${server.address().port}/jobs` });

const { id } = await client.start(count, { directory: '', text: 'all at once' });
const end = await client.wait(id);
assert.equal(end.status, 'succeeded');
assert.equal(end.result.words, 3);
assert.equal(await client.consume(id), true);
assert.equal((await client.poll(id)).job, undefined);

await manager.shutdown();
server.closeAllConnections();
server.close();
