import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { simulatedClock } from '@offstage/core/testing';
import { afterEach, expect, test } from 'vitest';
import { toNodeListener } from './node-listener.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

// More than the sockets of both sides take without a reader.
const long = 'x'.repeat(30_000_000);

const bodies: readonly [string, () => BodyInit][] = [
  ['a text', () => long],
  [
    'a stream',
    () =>
      new ReadableStream({
        pull: (controller) =>
          controller.enqueue(new TextEncoder().encode(long.slice(0, 1_000_000))),
      }),
  ],
];

async function serve(body: BodyInit) {
  const clock = simulatedClock();
  const answers: ServerResponse[] = [];
  const listen = toNodeListener(async () => new Response(body), { clock });
  const server = createServer((incoming, outgoing) => {
    answers.push(outgoing);
    listen(incoming, outgoing);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => answers[0]?.writableNeedDrain === true);
  return { clock, socket, answer: answers[0] };
}

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};

const readSome = (socket: Socket, isEnough: () => boolean): Promise<void> => {
  socket.resume();
  return until(isEnough).then(() => void socket.pause());
};

test.each(bodies)(
  'H5 a reader that takes nothing of %s for a minute is cut off, and not before',
  async (_, body) => {
    const { clock, answer } = await serve(body());
    await clock.advance(59_999);
    expect(answer?.destroyed).toBe(false);
    clock.setWallClock(clock.now() + 86_400_000);
    await clock.advance(1);
    expect(answer?.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  },
);

test('H5 a reader of a stream that takes something within the minute is waited for again', async () => {
  const [, body] = bodies[1] ?? ['', () => ''];
  const { clock, socket, answer } = await serve(body());
  let drains = 0;
  answer?.on('drain', () => {
    drains += 1;
  });
  for (let minute = 0; minute < 3; minute += 1) {
    await clock.advance(50_000);
    const before = drains;
    await readSome(socket, () => drains > before);
    await until(() => answer?.writableNeedDrain === true);
  }
  expect(answer?.destroyed).toBe(false);
  await clock.advance(60_000);
  expect(answer?.destroyed).toBe(true);
});
