// node docs/http-recipes.scenario.ts <the guide's blocks as a module> <framework>
//
// A user's day through one of the recipes. A process of its own, so that frameworks are loaded as
// Node.js loads them. Prints what the test looks at, as JSON.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { pathToFileURL } from 'node:url';
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { toNodeListener } from '@offstage/http/node';
import express from 'express';
import { z } from 'zod';

const [file = '', framework = ''] = process.argv.slice(2);

const resize = defineJob({
  name: 'photos.resize',
  input: z.object({ files: z.array(z.string()) }),
  result: z.object({ pictures: z.number() }),
  phases: ['resize'],
});
const seen = Promise.withResolvers<void>();
const manager = new JobManager({
  executor: new InlineExecutor([
    handle(resize, async ({ input, report }) => {
      report({ phase: 'resize', percent: 50, message: 'half way' });
      await seen.promise;
      return { pictures: input.files.length };
    }),
  ]),
});
const sessionOf = (request: Request): { readonly userId: string } | undefined => {
  const userId = request.headers.get('x-user');
  return userId === null ? undefined : { userId };
};
// What the guide takes as given.
Object.assign(globalThis, { manager, resize, sessionOf });

type Handler = (request: Request) => Promise<Response>;
interface Recipes {
  readonly honoApp: { fetch(request: Request): Promise<Response> | Response };
  readonly expressApp: RequestListener;
  readonly fastifyApp: { listen(options: object): Promise<string> };
  readonly nodeServer: Server;
  readonly GET: Handler;
  readonly POST: Handler;
  readonly DELETE: Handler;
  readonly fallback: (event: { readonly request: Request }) => Promise<Response>;
}
const recipes: Recipes = await import(pathToFileURL(file).href);

// As an open socket would, where the handler is called as a function.
setInterval(() => {}, 60_000);

type Send = (path: string, init?: RequestInit) => Promise<Response>;
const over =
  (origin: string): Send =>
  (path, init) =>
    fetch(origin + path, init);
const into =
  (handler: (request: Request) => Promise<Response> | Response): Send =>
  async (path, init) =>
    handler(new Request(`http://localhost${path}`, init));

async function listen(server: Server): Promise<Send> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return over(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
}

const mounts: Readonly<Record<string, () => Promise<Send> | Send>> = {
  Hono: () => into((request) => recipes.honoApp.fetch(request)),
  'Express 5': () => listen(createServer(recipes.expressApp)),
  'Express 5 behind a parser': () =>
    listen(createServer(express().use(express.json()).use(recipes.expressApp))),
  'Express 5 in a router': () =>
    listen(createServer(express().use('/jobs', toNodeListener(recipes.GET)))),
  'Fastify 5': async () => over(await recipes.fastifyApp.listen({ port: 0, host: '127.0.0.1' })),
  'node:http': () => listen(recipes.nodeServer),
  'Next.js': () => into((request) => recipes[request.method as 'GET' | 'POST' | 'DELETE'](request)),
  SvelteKit: () => into((request) => recipes.fallback({ request })),
};

const send = await mounts[framework]?.();
if (send === undefined) throw new Error(`There is no recipe for ${framework}.`);
const headers = { 'x-user': 'alice' };
// As the client sends what changes something, with a body or without.
const changing = { ...headers, 'content-type': 'application/json' };
const refused = await send('/jobs');
const before = await send('/jobs', { headers });
const started = await send('/jobs/photos.resize', {
  method: 'POST',
  headers: changing,
  body: JSON.stringify({ input: { files: ['a.jpg', 'b.jpg'] } }),
});
const job = (await started.json()) as { readonly id: string };

const stream = await send(`/jobs/${job.id}/events`, { headers });
let events = '';
const decoder = new TextDecoder();
for await (const part of stream.body ?? []) {
  events += decoder.decode(part, { stream: true });
  // Not before the first part has come through: it must not be held back.
  if (events.includes('half way')) seen.resolve();
}
const foreign = await send(`/jobs/${job.id}`, { headers: { 'x-user': 'bob' } });
const path = `/jobs/${job.id}`;
const canceled = await send(`${path}/cancel`, { method: 'POST', headers: changing, body: '{}' });
const removed = await send(path, { method: 'DELETE', headers: changing });

const output = {
  refused: refused.status,
  before: await before.json(),
  started: started.status,
  streamType: stream.headers.get('content-type'),
  events,
  foreign: foreign.status,
  canceled: await canceled.json(),
  removed: await removed.json(),
};
process.stdout.write(JSON.stringify(output), () => process.exit());
