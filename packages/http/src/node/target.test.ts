import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { toNodeListener } from './node-listener.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Sends a request as it is written; gives the status, and what a handler saw as the request's URL. */
async function exchange(target: string, ...hosts: readonly string[]) {
  const seen: string[] = [];
  const server = createServer(
    { requireHostHeader: false },
    toNodeListener(async ({ url }) => {
      seen.push(url);
      return new Response('ok');
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const lines = [`GET ${target} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`)];
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return { status: Number(text.split(' ')[1]), url: seen[0] };
}

test.each([
  ['/jobs', 'localhost', 'http://localhost/jobs'],
  ['/jobs?after=1', 'localhost:3000', 'http://localhost:3000/jobs?after=1'],
  ['/jobs', '127.0.0.1', 'http://127.0.0.1/jobs'],
  ['/jobs', '[::1]:8080', 'http://[::1]:8080/jobs'],
  ['/jobs', 'my_host.example', 'http://my_host.example/jobs'],
  ['//evil.example/jobs', 'localhost', 'http://localhost//evil.example/jobs'],
  ['http://localhost/jobs?a=b', 'localhost', 'http://localhost/jobs?a=b'],
  ['http://LOCALHOST:80/jobs', 'localhost', 'http://localhost/jobs'],
  ['http://localhost', 'localhost', 'http://localhost/'],
  ['http://evil.example/jobs', 'localhost', 'http://localhost/jobs'],
  ['/a%2Fb..c/...', 'localhost', 'http://localhost/a%2Fb..c/...'],
])('H5 what a request is for is read from its target: %s on %s', async (target, host, url) => {
  expect(await exchange(target, host)).toEqual({ status: 200, url });
});

test.each([
  'localhost/jobs/hello?',
  'localhost/',
  'localhost?',
  'localhost#',
  'localhost\\x',
  'user@localhost',
  'user:secret@localhost',
  'local host',
  'localhost:',
  'localhost:x',
  'localhost:99999',
  'localhost:80:80',
  '[::1',
  '[::1]x',
  '[x]',
  '::1',
  '%6cocalhost',
  'a,b',
  // Addresses that a URL would spell otherwise than whoever stands before has read.
  '0x7f.1',
  '127.1',
  '127.0.0.01',
  '2130706433',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '/',
  '?',
  '',
])('H5 a Host that is no authority is a 400: "%s"', async (host) => {
  expect(await exchange('/hello', host)).toEqual({ status: 400, url: undefined });
});

test('H5 two Hosts are a 400, also of one name', async () => {
  expect((await exchange('/jobs', 'localhost', 'evil.example')).status).toBe(400);
  expect((await exchange('/jobs', 'localhost', 'localhost')).status).toBe(400);
});

test.each([
  'http://user@localhost/jobs',
  'http://user:secret@localhost/jobs',
  'http:///jobs',
  'ftp://localhost/jobs',
  'localhost/jobs',
  '*',
  '/a/../jobs',
  '/a/%2e%2E/jobs',
  '/./jobs',
  '/a\\..\\jobs',
  '/jobs#x',
  'http://localhost/a/../jobs',
])('H5 a target that would be read otherwise than it was sent is a 400: %s', async (target) => {
  expect(await exchange(target, 'localhost')).toEqual({ status: 400, url: undefined });
});
