import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { JobManager, SnapshotStore } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import { nodeStorage } from '@offstage/node-fs';
import { closeOnExit, WorkerExecutor } from '@offstage/node-worker';
import { bookMetadata, printBook } from './jobs.ts';

const manager = new JobManager({
  // Where it was bundled, `.ts` finds the `.js` beside the server.
  executor: new WorkerExecutor({ entry: new URL('./print.worker.ts', import.meta.url) }),
});
closeOnExit(manager);

const books = new SnapshotStore({ storage: nodeStorage('./data/books'), metadata: bookMetadata });

const sessionOf = (cookie: string | null | undefined): string | undefined =>
  /(?:^|; )session=([\w-]{36})(?:;|$)/.exec(cookie ?? '')?.[1];

const answerJobs = toNodeListener(
  createJobsHandler({
    definitions: [printBook],
    clientFor: (request) => {
      const session = sessionOf(request.headers.get('cookie'));
      return session === undefined
        ? new Response('Open the page first: it begins a session.', { status: 401 })
        : manager.forOwner(session);
    },
  }),
);

/** Three files, each by its own name: no request can name another. */
async function answerPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/page.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.end(await readFile(new URL('./page.js', import.meta.url)));
  } else if (request.url === '/current') {
    const version = await books.current();
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ version: version?.version ?? null }));
    await version?.[Symbol.asyncDispose]();
  } else if (request.url === '/') {
    if (sessionOf(request.headers.cookie) === undefined) {
      // With `Secure` where the site has https.
      const cookie = `session=${randomUUID()}; Path=/; HttpOnly; SameSite=Lax`;
      response.setHeader('Set-Cookie', cookie);
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(await readFile(new URL('./page.html', import.meta.url)));
  } else {
    response.writeHead(404).end();
  }
}

const server = createServer((request, response) => {
  if (request.url?.startsWith('/jobs')) answerJobs(request, response);
  else answerPage(request, response).catch(() => response.writeHead(500).end());
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
