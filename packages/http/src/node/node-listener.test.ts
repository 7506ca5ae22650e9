import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { call, jobsServer, slow, told, withMethods } from '../server.test-support.ts';
import { toNodeListener } from './node-listener.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Handler = (request: Request) => Promise<Response>;

async function serve(handler: Handler) {
  const server = createServer(toNodeListener(handler));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, origin: `http://127.0.0.1:${port}`, server };
}

async function dial(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** Until the connection ends, however it does. */
function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  return new Promise((resolve) => socket.on('close', () => resolve(text)));
}

const eventually = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};

test('H1 a request arrives whole, and so does its answer', async () => {
  const { origin } = await serve(async (request) => {
    const headers = new Headers({ 'x-method': request.method, 'x-url': request.url });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2; Path=/');
    headers.set('x-cookie', request.headers.get('cookie') ?? '');
    return new Response(request.body, { status: 202, headers });
  });
  const body = 'é'.repeat(200_000);
  const init = { method: 'PUT', body, headers: { cookie: 'c=3' } };
  const answer = await fetch(`${origin}/a%20b/?q=1`, init);
  expect(answer.status).toBe(202);
  expect(answer.headers.get('x-url')).toBe(`${origin}/a%20b/?q=1`);
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2; Path=/']);
  expect([answer.headers.get('x-method'), answer.headers.get('x-cookie')]).toEqual(['PUT', 'c=3']);
  expect(await answer.text()).toBe(body);
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
    expect((await fetch(origin, { method })).headers.get('x-method')).toBe(method);
  }
});

test('H3 a client that goes away aborts its request, and cancels the body', async () => {
  const seen = { aborted: false, canceled: false };
  const { origin } = await serve(async ({ signal }) => {
    signal.addEventListener('abort', () => {
      seen.aborted = true;
    });
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      cancel() {
        seen.canceled = true;
      },
    });
    return new Response(body);
  });
  const leave = new AbortController();
  const answer = await fetch(origin, { signal: leave.signal });
  await answer.body?.getReader().read();
  leave.abort();
  await eventually(() => seen.aborted && seen.canceled);
  expect(seen).toEqual({ aborted: true, canceled: true });
});

test('H3 an answer that was read to its end aborts nothing', async () => {
  let signal: AbortSignal | undefined;
  const { origin, server } = await serve(async (request) => {
    signal = request.signal;
    return new Response('all');
  });
  expect(await (await fetch(origin)).text()).toBe('all');
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  expect(signal?.aborted).toBe(false);
});

test('H3 a body is read no faster than its reader takes it', async () => {
  let made = 0;
  const size = 64 * 1024;
  const { port } = await serve(
    async () =>
      new Response(
        new ReadableStream(
          {
            async pull(controller) {
              made += 1;
              controller.enqueue(new Uint8Array(size));
              await new Promise((resolve) => setImmediate(resolve));
            },
          },
          { highWaterMark: 0 },
        ),
      ),
  );
  const socket = await dial(port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  let before = -1;
  // What the operating system's buffers take, and then no more.
  for (let still = 0; still < 200; ) {
    still = made === before ? still + 1 : 0;
    before = made;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stalledAt = made;
  expect(stalledAt).toBeLessThan(500);
  socket.resume();
  await eventually(() => made > stalledAt + 100);
  socket.destroy();
});

test('H3 a stream of a job over a real connection ends with its client, at once', async () => {
  const { handle, alice, clock } = jobsServer();
  const { origin } = await serve(handle);
  const { id } = await alice.start(slow, { n: 1 });
  const leave = new AbortController();
  const answer = await fetch(`${origin}/jobs/${id}/events`, { signal: leave.signal });
  await answer.body?.getReader().read();
  await eventually(() => clock.pending === 1);
  leave.abort();
  await eventually(() => clock.pending === 0);
  expect((await call(handle, `/jobs/${id}`)).status).toBe(200);
});

test('H3 a client that stops reading is told nothing more, and the newest when it reads again', async () => {
  const base = jobsServer({}, { progressCapacity: 10 });
  let polls = 0;
  const client = withMethods(base.alice, {
    poll(id: string, page?: object) {
      polls += 1;
      return base.alice.poll(id, page) as never;
    },
    watch: (id, changed) => base.alice.watch?.(id, changed) ?? (() => {}),
  });
  const { handle } = jobsServer({ clientFor: () => client, minEventGapMs: 0 });
  const { port } = await serve(handle);
  const { id } = await base.alice.start(told, 1);
  const [driver] = base.running;
  let seq = 0;
  const report = async (): Promise<void> => {
    seq += 1;
    driver?.report(seq % 100);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const socket = await dial(port, `GET /jobs/${id}/events HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(socket, 'readable');
  // What the operating system's buffers take, and then no more.
  for (let still = 0, before = 0; still < 200; before = polls) {
    await report();
    still = polls === before ? still + 1 : 0;
  }
  const stalledAt = polls;
  for (let more = 0; more < 1000; more += 1) await report();
  expect(polls).toBe(stalledAt);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await eventually(() => text.includes(`id: ${seq}\n`));
  expect(polls).toBe(stalledAt + 1);
  const last = text.slice(text.lastIndexOf('data: '));
  expect(Number(/"missed":(\d+)/.exec(last)?.[1])).toBeGreaterThanOrEqual(1190);
  socket.destroy();
});

test('H5 a body that is not wanted is answered, and its connection closed', async () => {
  const { handle } = jobsServer({ maxBodyBytes: 1000 });
  const { port } = await serve(handle);
  const head = 'POST /jobs/poll HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const socket = await dial(port, `${head}transfer-encoding: chunked\r\n\r\n`);
  const text = readAll(socket);
  const timer = setInterval(() => socket.write(`400\r\n${' '.repeat(1024)}\r\n`), 1);
  expect(await text).toMatch(/^HTTP\/1.1 413 [\s\S]*connection: close/i);
  clearInterval(timer);
});

test('H5 a client that leaves in the middle of its body leaves nothing behind', async () => {
  const { handle, clock } = jobsServer();
  const { port } = await serve(handle);
  const head = 'POST /jobs/poll HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const socket = await dial(port, `${head}content-length: 100\r\n\r\n{"polls":`);
  await eventually(() => clock.pending === 1);
  socket.destroy();
  await eventually(() => clock.pending === 0);
});

test.each([
  ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n'],
  ['an address that is none', 'GET http://[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
  ['a method that no Request has', 'TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
])('H5 %s is a 400', async (_, text) => {
  const { port } = await serve(async () => new Response('never'));
  const socket = await dial(port, text.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 /);
});

test('H5 an address cannot name another host, and a whole address is its path', async () => {
  const { port } = await serve(async (request) => new Response(request.url));
  for (const [address, url] of [
    ['//evil.example/jobs', `http://own.example//evil.example/jobs`],
    ['http://evil.example/jobs?a=1', `http://own.example/jobs?a=1`],
  ]) {
    const socket = await dial(port, `GET ${address} HTTP/1.0\r\nhost: own.example\r\n\r\n`);
    expect(await readAll(socket)).toContain(`\r\n\r\n${url}`);
  }
});

test('H1 a handler or a body that fails cuts the connection, and tells nothing', async () => {
  const failing: Handler[] = [
    async () => {
      throw new Error('hunter2');
    },
    async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.error(new Error('hunter2'));
          },
        }),
      ),
  ];
  for (const handler of failing) {
    const { port } = await serve(handler);
    const socket = await dial(port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await readAll(socket)).not.toContain('hunter2');
  }
});

test('H2 connections are kept for the next request, also after a HEAD and an empty answer', async () => {
  const { handle } = jobsServer();
  const { port } = await serve(handle);
  const request = (method: string) => `${method} /jobs HTTP/1.1\r\nhost: x\r\n\r\n`;
  const last = 'GET /jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  const socket = await dial(port, request('HEAD') + request('OPTIONS') + request('PUT') + last);
  const statuses = [...(await readAll(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(
    ([, code]) => code,
  );
  expect(statuses).toEqual(['200', '204', '405', '200']);
});

test('H5 a flood of headers is refused by the server itself, and the handler is not asked', async () => {
  let asked = 0;
  const { port } = await serve(async () => {
    asked += 1;
    return new Response();
  });
  const flood = Array.from({ length: 3000 }, (_, n) => `x-${n}: ${'a'.repeat(20)}`).join('\r\n');
  const socket = await dial(port, `GET / HTTP/1.1\r\nhost: x\r\n${flood}\r\n\r\n`);
  // The answer, 431, is lost where the connection is reset before it was read.
  await readAll(socket);
  expect(asked).toBe(0);
});
