// The server of http-server.bench.ts, in a process of its own so that its CPU and memory are its own.
import { createServer, type ServerResponse } from 'node:http';
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import { z } from 'zod';
import { collect } from '../measure.ts';

const observed = defineJob({
  name: 'observed',
  input: z.number(),
  result: z.unknown(),
  phases: ['work'],
});

const reports: ((percent: number) => void)[] = [];
const manager = new JobManager({
  executor: new InlineExecutor([
    handle(observed, ({ report }) => {
      reports.push((percent) => report({ phase: 'work', percent, message: 'A page was read.' }));
      return new Promise(() => {});
    }),
  ]),
  concurrency: 10_000,
  maxActivePerOwner: 10_000,
});
const handleJobs = createJobsHandler({
  definitions: [observed],
  clientFor: () => manager.forOwner('bench'),
  maxStreams: 10_000,
});

// The peer: what node:http needs at least to keep a response open and to write to it.
const kept = new Set<ServerResponse>();
const jobsListener = toNodeListener(handleJobs);
const server = createServer((incoming, outgoing) => {
  if (incoming.url !== '/bare') {
    jobsListener(incoming, outgoing);
    return;
  }
  kept.add(outgoing);
  outgoing.on('close', () => kept.delete(outgoing));
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  outgoing.write('retry: 2000\n\n');
});

const bytes = Buffer.from(`id: 1\ndata: ${JSON.stringify({ pad: 'x'.repeat(520) })}\n\n`);

let flood: NodeJS.Immediate | undefined;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const commands = {
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
  async startJobs(count: number): Promise<string[]> {
    const client = manager.forOwner('bench');
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await client.start(observed, n)).id);
    for (const report of reports) report(1);
    return ids;
  },
  /** Microseconds of this process since its start. */
  async cpu(): Promise<number> {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Bytes in use when all garbage is gone. */
  async memory(): Promise<number> {
    for (let round = 0; round < 3; round += 1) {
      await pause(20);
      // Right before the look: a flood makes megabytes of garbage in between.
      collect();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  /** Microseconds of CPU for `count` events of the first job, seen by all its streams. */
  async eventToAll(count: number): Promise<number> {
    const before = await commands.cpu();
    for (let n = 0; n < count; n += 1) {
      reports[0]?.(n % 100);
      await pause(60);
    }
    return (await commands.cpu()) - before;
  },
  /** The same for the peer: a loop over its responses. */
  async writeToAll(count: number): Promise<number> {
    const before = await commands.cpu();
    for (let n = 0; n < count; n += 1) {
      for (const outgoing of kept) outgoing.write(bytes);
      await pause(60);
    }
    return (await commands.cpu()) - before;
  },
  async startFlood(): Promise<void> {
    const step = (): void => {
      for (let n = 0; n < 100; n += 1) reports[0]?.(n);
      flood = setImmediate(step);
    };
    step();
  },
  async stopFlood(): Promise<void> {
    clearImmediate(flood);
  },
} as const;
export type Commands = typeof commands;

process.on('message', ([id, name, argument]: [number, keyof Commands, number]) => {
  void commands[name](argument).then((answer) => process.send?.([id, answer]));
});
