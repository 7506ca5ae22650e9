import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { toNodeListener } from '@offstage/http/node';
import { currentBook, handleJobs, sessionCookie, sessionOf } from './manager.ts';

// Files by name: no request can name another.
const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['observe.html', 'text/html'],
  '/observe.js': ['observe.js', 'text/javascript'],
  '/bare.html': ['bare.html', 'text/html'],
  '/bare.js': ['bare.js', 'text/javascript'],
};

async function answerPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/'] = request.url?.split('?') ?? [];
  if (path === '/current') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(await currentBook()));
    return;
  }
  const [file, type] = (Object.hasOwn(files, path) && files[path]) || [];
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  if (type === 'text/html' && sessionOf(request.headers.cookie) === undefined) {
    response.setHeader('Set-Cookie', sessionCookie(randomUUID()));
  }
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.end(await readFile(new URL(`../page/${file}`, import.meta.url)));
}

const answerJobs = toNodeListener(handleJobs);
const server = createServer((request, response) => {
  if (request.url?.startsWith('/jobs')) answerJobs(request, response);
  else answerPage(request, response).catch(() => response.writeHead(500).end());
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
