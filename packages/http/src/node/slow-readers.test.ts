import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { simulatedClock } from '@offstage/core/testing';
import { afterEach, expect, test } from 'vitest';
import { type Answer, answerRequest, textAnswer } from '../answer.ts';
import { AnswerStream } from '../answer-stream.ts';
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

type Handler = (request: Request) => Promise<Response>;

/** As a jobs handler gives its answers. */
const ofJobs = (answer: () => Answer): Handler =>
  Object.assign(async () => new Response(), { [answerRequest]: async () => answer() });

const handlers: readonly [string, (text: string) => Handler][] = [
  ['a text', (text) => async () => new Response(text)],
  ['the text of a job', (text) => ofJobs(() => textAnswer(text))],
  [
    'one job of a list',
    (text) =>
      ofJobs(() => ({ ...textAnswer(''), body: new AnswerStream([text], () => undefined) })),
  ],
];

const endless: Handler = async () =>
  new Response(
    new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(long.slice(0, 1_000_000))),
    }),
  );

async function serve(handler: Handler) {
  const clock = simulatedClock();
  const answers: ServerResponse[] = [];
  const listen = toNodeListener(handler, { clock });
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
  return { clock, socket, answers, answer: answers[0] };
}

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};

const readSome = (socket: Socket, isEnough: () => boolean): Promise<void> => {
  socket.resume();
  return until(isEnough).then(() => void socket.pause());
};

test.each([
  ...handlers.map(([name, of]) => [name, of(long)] as const),
  ['a stream', endless] as const,
])(
  'H5 a reader that takes nothing of %s for a minute is cut off, and not before',
  async (_, handler) => {
    const { clock, answer } = await serve(handler);
    await clock.advance(59_999);
    expect(answer?.destroyed).toBe(false);
    clock.setWallClock(clock.now() + 86_400_000);
    await clock.advance(1);
    expect(answer?.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  },
);

test.each([
  ...handlers.map(([name, of]) => [name, of(long)] as const),
  ['a stream', endless] as const,
])(
  'H5 a reader of %s that takes something within the minute is waited for again',
  async (_, handler) => {
    const { clock, socket, answer } = await serve(handler);
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
  },
);

test.each(handlers)('H5 %s arrives whole, however it is cut into pieces', async (_, of) => {
  const letters = 'é😀'.repeat(2_000_001);
  const { socket } = await serve(of(letters));
  const text = await (await fetch(`http://127.0.0.1:${socket.remotePort}/`)).text();
  // Not by `toBe`, which would print both.
  expect(text === letters).toBe(true);
});

test('H5 of requests that come one behind the other, one is answered at a time', async () => {
  let asked = 0;
  const { socket, answers } = await serve(
    ofJobs(() => {
      asked += 1;
      return textAnswer(long);
    }),
  );
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(500));
  await until(() => answers.length === 501);
  expect(asked).toBe(1);
  await readSome(socket, () => asked === 3);
});
