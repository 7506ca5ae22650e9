import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import type { Commands } from './server.child.ts';

const jobs = 1000;
const streams = 1000;
const intervals = 10;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Server {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #next = 0;
  port = 0;

  constructor() {
    const file = path.join(import.meta.dirname, 'server.child.ts');
    this.#child = fork(file, { execArgv: process.execArgv });
    this.#child.on('message', ([id, answer]: [number, unknown]) => this.#waiting.get(id)?.(answer));
  }

  ask<K extends keyof Commands>(name: K, argument = 0): Promise<Awaited<ReturnType<Commands[K]>>> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => resolve(answer as Awaited<ReturnType<Commands[K]>>));
      this.#child.send([id, name, argument]);
    });
  }

  /** Opens `count` connections that read whatever comes. */
  async open(count: number, where: string): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => connect(this.port, '127.0.0.1'));
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => {
            socket.once('data', resolve);
            socket.write(`GET ${where} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
          }),
      ),
    );
    for (const socket of sockets) socket.resume();
    await pause(200);
    return sockets;
  }

  end(): void {
    this.#child.kill();
  }
}

async function started(): Promise<{ server: Server; ids: readonly string[] }> {
  const server = new Server();
  server.port = await server.ask('listen');
  return { server, ids: await server.ask('startJobs', jobs) };
}

async function close(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await pause(300);
}

async function polls(): Promise<Row> {
  const { server, ids } = await started();
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const send = (method: string, where: string, body?: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const options = { agent, method, headers, host: '127.0.0.1', port: server.port, path: where };
      request(options, (answer) => answer.resume().on('end', resolve))
        .on('error', reject)
        .end(body);
    });
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await server.ask('cpu');
    await work();
    return (await server.ask('cpu')) - before;
  };
  const batch = JSON.stringify({ polls: ids.map((id) => ({ id, after: 1 })) });
  // Several intervals a round, as one batch is over before it can be measured well.
  const often = async (work: () => Promise<unknown>): Promise<void> => {
    for (let interval = 0; interval < intervals; interval += 1) await work();
  };
  const one = () => send('POST', '/jobs/poll', batch);
  const many = () => Promise.all(ids.map((id) => send('GET', `/jobs/${id}?after=1`)));
  // Each GET runs the server's code a thousand times as often: a batch gets to warm up, too.
  for (let warm = 0; warm < 20; warm += 1) await often(one);
  const { ours, theirs } = await interleave(5, {
    ours: () => cpuOf(() => often(one)),
    theirs: () => cpuOf(() => often(many)),
  });
  agent.destroy();
  server.end();
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: '1,000 observed jobs: server CPU of one batched poll, against 1,000 GETs',
    ours: `${(median(ours) / intervals / 1000).toFixed(1)} ms`,
    peer: `${(median(theirs) / intervals / 1000).toFixed(1)} ms`,
    ratio,
    target: 'at most 0.05',
    pass: ratio <= 0.05,
  };
}

async function memory(): Promise<Row> {
  const { server, ids } = await started();
  const perStream = async (where: string): Promise<number> => {
    const before = await server.ask('memory');
    const sockets = await server.open(streams, where);
    const after = await server.ask('memory');
    await close(sockets);
    return (after - before) / streams;
  };
  const { ours, theirs } = await interleave(3, {
    ours: () => perStream(`/jobs/${ids[0]}/events`),
    theirs: () => perStream('/bare'),
  });
  server.end();
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: '1,000 open streams: heap of each, against a bare node:http response kept open',
    ours: `${(median(ours) / 1024).toFixed(1)} KiB`,
    peer: `${(median(theirs) / 1024).toFixed(1)} KiB`,
    ratio,
    target: 'under 1.5',
    pass: ratio < 1.5,
  };
}

async function fanOut(): Promise<Row> {
  const { server, ids } = await started();
  const events = 20;
  const sockets = [
    ...(await server.open(streams, `/jobs/${ids[0]}/events`)),
    ...(await server.open(streams, '/bare')),
  ];
  const { ours, theirs } = await interleave(5, {
    ours: () => server.ask('eventToAll', events),
    theirs: () => server.ask('writeToAll', events),
  });
  await close(sockets);
  server.end();
  const ratio = pairedRatio(ours, theirs);
  const each = (figures: readonly number[]): string =>
    `${(median(figures) / events / 1000).toFixed(1)} ms`;
  return {
    measure: 'one event to 1,000 streams: server CPU, against writing the bytes to each socket',
    ours: each(ours),
    peer: each(theirs),
    ratio,
    target: 'under 2',
    pass: ratio < 2,
  };
}

/** A client that reads nothing for a minute while its job reports as fast as it can. */
async function stalled(): Promise<Row> {
  const { server, ids } = await started();
  await server.ask('startFlood');
  await pause(2000);
  const before = await server.ask('memory');
  const [socket] = await server.open(1, `/jobs/${ids[0]}/events`);
  socket?.pause();
  await pause(60_000);
  const after = await server.ask('memory');
  await server.ask('stopFlood');
  socket?.destroy();
  server.end();
  const grown = (after - before) / 2 ** 20;
  return {
    measure: 'a client that stops reading for a minute under flood: growth of the server',
    ours: `${grown.toFixed(2)} MiB`,
    peer: '',
    ratio: null,
    target: 'under 1 MiB',
    pass: grown < 1,
  };
}

const bench: Bench = {
  name: 'Jobs over HTTP: the server',
  async run() {
    return [await polls(), await memory(), await fanOut(), await stalled()];
  },
};
export default bench;

await runAlone(import.meta, bench);
