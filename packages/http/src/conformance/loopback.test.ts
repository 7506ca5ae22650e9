import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { JobView } from '@offstage/core';
import { frameScheduler, JobListObserver, JobObserver } from '@offstage/core/observe';
import { settle, suiteJob } from '@offstage/core/testing';
import { afterEach, expect, test } from 'vitest';
import { HttpJobClient } from '../client/http-job-client.ts';
import { type Loopback, loopback } from './loopback.test-support.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(...args: Parameters<typeof loopback>): Promise<Loopback> {
  const server = await loopback(...args);
  closers.push(() => server.close());
  return server;
}

/** Until `holds`, with a turn of the event loop between two looks. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

const endless = 3_600_000;
const waiting = { wait: true, end: 'cancel' } as const;

test('H4 U4 a thousand observed jobs are one request an interval', async () => {
  const server = await open({ concurrency: 1000 });
  const polled: number[] = [];
  const client = server.clientOf('alice', {
    streaming: false,
    fetch: (url, init) => {
      polled.push(JSON.parse(String(init?.body)).polls.length);
      return fetch(url, init);
    },
  });
  const owner = server.manager.forOwner('alice');
  const ids = await Promise.all(
    Array.from({ length: 1000 }, async () => (await owner.start(suiteJob, waiting)).id),
  );
  const observers = ids.map((id) => new JobObserver(client, id, { pollInterval: 10 }));
  const stops = observers.map((observer) => observer.subscribe(() => undefined));
  await until(() => observers.every((observer) => observer.getSnapshot().status === 'running'));
  await until(() => polled.length >= 4);
  for (const stop of stops) stop();
  expect(new Set(server.requests)).toEqual(new Set(['POST /jobs/poll']));
  expect(new Set(polled)).toEqual(new Set([1000]));
});

test('H4 U4 a thousand observed jobs are one stream, and a job that changes one poll of it', async () => {
  const server = await open({ concurrency: 1000 });
  const client = server.clientOf('alice');
  const owner = server.manager.forOwner('alice');
  const ids = await Promise.all(
    Array.from({ length: 1000 }, async () => (await owner.start(suiteJob, waiting)).id),
  );
  const observers = ids.map((id) => new JobObserver(client, id, { pollInterval: endless }));
  const stops = observers.map((observer) => observer.subscribe(() => undefined));
  await until(() => observers.every((observer) => observer.getSnapshot().status === 'running'));
  await until(() => server.requests.includes('GET /jobs/events'));
  await owner.cancel(ids[500] ?? '');
  await until(() => observers[500]?.getSnapshot().isTerminal === true);
  expect(server.requests.filter((request) => request === 'GET /jobs/events')).toHaveLength(1);
  expect(server.requests.length).toBeLessThan(8);
  for (const stop of stops) stop();
});

test.each([
  ['by poll', { streaming: false }],
  ['by stream', {}],
])(
  'U3 H4 a server that restarts mid-job is waited for, and no event is lost: %s',
  async (_, options) => {
    const server = await open();
    const client = server.clientOf('alice', { ...options, random: () => 0 });
    const owner = server.manager.forOwner('alice');
    const { id } = await client.start(suiteJob, { reports: 3, ...waiting });
    const ended: JobView[] = [];
    const observer = new JobObserver(client, id, {
      pollInterval: 20,
      onSettled: (job) => ended.push(job),
    });
    const stop = observer.subscribe(() => undefined);
    await until(() => observer.getSnapshot().events.length === 3);
    await server.stopListening();
    await owner.cancel(id);
    await observer.refetch();
    expect(observer.getSnapshot()).toMatchObject({
      status: 'running',
      error: { code: 'unavailable' },
    });
    expect(observer.getSnapshot().events).toHaveLength(3);
    await server.listenAgain();
    await until(() => ended.length > 0);
    expect(ended.map(({ status }) => status)).toEqual(['canceled']);
    expect(observer.getSnapshot()).toMatchObject({ missed: 0, failureCount: 0, error: undefined });
    expect(observer.getSnapshot().events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    stop();
  },
);

test('H4 a proxy that cuts every stream soon after it began loses nothing', async () => {
  const server = await open();
  const proxy = await proxyTo(server.port);
  const client = new HttpJobClient({
    baseUrl: `http://127.0.0.1:${proxy.port}/jobs`,
    headers: { 'x-owner': 'alice' },
    random: () => 0,
  });
  const observer = new JobListObserver(client, { pollInterval: 10 }, { notify: frameScheduler });
  const stop = observer.subscribe(() => undefined);
  for (let round = 1; round <= 3; round++) {
    await until(() => proxy.streams.size > 0);
    const { id } = await client.start(suiteJob, { reports: 2 });
    for (const socket of proxy.streams) socket.destroy();
    await until(
      () =>
        observer.getSnapshot().value?.some((job) => job.id === id && job.endedAt !== null) === true,
    );
    expect(observer.getSnapshot().value).toHaveLength(round);
  }
  stop();
});

test('H4 behind a proxy that holds streams back, jobs are polled', async () => {
  const server = await open();
  const proxy = await proxyTo(server.port, { holdsStreams: true });
  const client = new HttpJobClient({
    baseUrl: `http://127.0.0.1:${proxy.port}/jobs`,
    headers: { 'x-owner': 'alice' },
  });
  const { id } = await client.start(suiteJob, waiting);
  const observer = new JobObserver(client, id, { pollInterval: 10 });
  const stop = observer.subscribe(() => undefined);
  await until(() => server.requests.includes('GET /jobs/events'));
  await server.manager.forOwner('alice').cancel(id);
  await until(() => observer.getSnapshot().isTerminal);
  stop();
});

test('H4 P3 a flood of events comes whole or counted, by stream', async () => {
  const server = await open({ progressCapacity: 50 });
  const client = server.clientOf('alice', { pollIntervalMs: endless });
  const { id } = await client.start(suiteJob, { reports: 5000 });
  const observer = new JobObserver(client, id, { pollInterval: endless, maxEvents: 50 });
  const stop = observer.subscribe(() => undefined);
  await until(() => observer.getSnapshot().isTerminal && observer.getSnapshot().events.length > 0);
  await settle();
  const { events, missed } = observer.getSnapshot();
  expect(events.at(-1)?.seq).toBe(5000);
  expect(events.length + missed).toBe(5000);
  stop();
});

interface Proxy {
  readonly port: number;
  /** The sockets that carry streams just now. */
  readonly streams: ReadonlySet<Socket>;
}

/** Passes requests on; holds the bodies of streams back, where asked to, as buffering proxies do. */
async function proxyTo(port: number, { holdsStreams = false } = {}): Promise<Proxy> {
  const streams = new Set<Socket>();
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url, headers, socket } = incoming;
    const passed = forward({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (isStream && holdsStreams) return;
      if (isStream) {
        streams.add(socket);
        socket.once('close', () => streams.delete(socket));
      }
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { port: (server.address() as AddressInfo).port, streams };
}
