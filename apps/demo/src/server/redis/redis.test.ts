import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { RedisServer } from '../../../../../packages/bullmq/fixtures/redis-server.ts';
import { startScript } from '../../testing/cli.ts';
import { filesBelow, spawnServer, type Visitor, visit } from '../../testing/documents-server.ts';
import { scratch } from '../../testing/scratch.ts';

// Only what is stuck may fail by these, not a busy machine: servers and their workers start first.
const timeout = 120_000;

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
}, timeout);
afterAll(() => redis[Symbol.asyncDispose]());

const serve = (data: string) =>
  spawnServer(data, {
    ...{ OFFSTAGE_REDIS: redis.url, OFFSTAGE_LOCK_MS: '3000', OFFSTAGE_STUB: '1' },
    PORT: '0',
  });

/** All that were ever ready, oldest first. */
const workersOf = (data: string): number[] =>
  readFileSync(path.join(data, 'log', 'server.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.includes('"worker ready"') ? [Number(JSON.parse(line).pid)] : []));

const isRunning = async (me: Visitor, job: string): Promise<void> => {
  await vi.waitFor(async () => {
    expect((await me.jobs.get(job))?.progress?.message).toMatch(/files|in process/);
  });
};

test(
  'D5 D7 K4 E5 over Redis: stopped, killed and started again, a change goes on, and is published once',
  async () => {
    const data = path.join(scratch(), 'data');
    const first = await serve(data);
    const me = visit(first.url);
    await me.publish({ 'kept.md': 'What is kept stays.' });
    await me.publish({ 'kept.md': 'What is changed as well.' });
    const other = visit(first.url);
    const job = await me.start(await me.upload({ 'lost-1.md': 'lost and found' }));
    await isRunning(me, job);
    await other.api.corpus();
    await expect(other.start(await other.upload({ 'b.md': 'b' }))).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(other.api.rollback(1)).rejects.toMatchObject({ code: 'conflict', status: 409 });
    expect((await me.api.corpus()).busy).toMatchObject({ mine: true, jobId: job });
    expect(await me.jobs.consume(job)).toBe(false);

    // In good order: no attempt is spent.
    first.running.process.kill('SIGTERM');
    expect((await first.running.ended).code).toBe(143);
    const second = await serve(data);
    const again = visit(second.url);
    again.cookie = me.cookie;
    await isRunning(again, job);
    expect(await again.jobs.get(job)).toMatchObject({ attempt: 1, lastFailure: null });
    expect(await again.api.interruptions()).toMatchObject([{ jobId: job, isAtWork: true }]);
    expect((await again.api.corpus()).pending).toEqual([]);

    // As it stands: its workers see that, and end.
    const ready = workersOf(data);
    second.running.process.kill('SIGKILL');
    await second.running.ended;
    const third = await serve(data);
    const last = visit(third.url);
    last.cookie = me.cookie;
    const running = await vi.waitFor(async () => {
      const { progress } = (await last.jobs.get(job)) ?? {};
      const pid = Number(/in process (\d+)/.exec(progress?.message ?? '')?.[1]);
      expect(workersOf(data).slice(ready.length)).toContain(pid);
      return pid;
    });

    process.kill(running, 'SIGKILL');
    const end = await last.jobs.wait(job);
    expect(end).toMatchObject({ status: 'succeeded', result: { gen: 3, published: true } });
    expect(end.attempt).toBeGreaterThan(1);
    await vi.waitFor(async () => expect((await last.api.corpus()).busy).toBe(null));
    expect((await last.api.versions()).map(({ gen }) => gen)).toEqual([3, 2, 1]);
    // The other one's upload waits; nothing is left of what was published.
    await vi.waitFor(() => expect(filesBelow(path.join(data, 'staging'))).toHaveLength(1));
    expect((await last.api.corpus()).pending).toEqual([]);
    expect(await last.api.rollback(1)).toMatchObject({ gen: 4 });
  },
  timeout,
);

test(
  'D1 E6 a Redis that cannot be used is told in plain words, without its password',
  async () => {
    await using locked = await RedisServer.start(
      '--appendfsync',
      'no',
      '--requirepass',
      'a-secret',
    );
    const script = new URL('../start.ts', import.meta.url);
    const start = (args: readonly string[], env = {}) =>
      startScript(script, args, { PORT: '0', OFFSTAGE_DATA: scratch(), ...env }).ended;
    const wrong = locked.url.replace('//', '//:not-a-secret@');
    const bad: readonly (readonly [readonly string[], Record<string, string>, RegExp])[] = [
      [
        ['--redis', 'redis://:hidden@127.0.0.1:1'],
        {},
        /^Cannot reach Redis at 127\.0\.0\.1:1 \(unavailable\): start one with redis-server, or run without --redis\.$/,
      ],
      [
        [],
        { OFFSTAGE_REDIS: wrong },
        /^Redis at 127\.0\.0\.1:\d+ cannot be used \(redis_unsuitable\): .*password\.$/,
      ],
      [['--redis', 'http://x:hidden@y'], {}, /^--redis takes an address such as redis:/],
    ];
    const ends = await Promise.all(bad.map(([args, env]) => start(args, env)));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr.trimEnd()).toMatch(bad[index]?.[2] ?? /nothing/);
      expect(stderr).not.toMatch(/hidden|secret/);
    }
  },
  timeout,
);

test(
  'D7 E6 over a Redis that has lost the change, its uploads wait to be started again',
  async () => {
    await using mortal = await RedisServer.start('--appendfsync', 'no');
    const data = path.join(scratch(), 'data');
    const { url } = await spawnServer(data, {
      ...{ OFFSTAGE_REDIS: mortal.url, OFFSTAGE_LOCK_MS: '3000', OFFSTAGE_STUB: '1' },
    });
    const me = visit(url);
    const job = await me.start(await me.upload({ 'lost-1.md': 'lost and found' }));
    await isRunning(me, job);
    await mortal.stop({ forget: true, signal: 'SIGKILL' });
    await mortal.start();
    await vi.waitFor(async () => {
      const { pending, busy } = await me.api.corpus();
      expect([pending.length, busy]).toEqual([1, null]);
    });
    expect(readdirSync(data)).not.toContain('redis-change.json');
    const { pending } = await me.api.corpus();
    const next = await me.start(pending.map(({ upload }) => upload));
    await isRunning(me, next);
    await me.jobs.cancel(next);
    expect((await me.jobs.wait(next)).status).toBe('canceled');
    expect(readFileSync(path.join(data, 'log', 'events.jsonl'), 'utf8')).toContain('"interrupted"');
  },
  timeout,
);

test(
  'D1 E6 a Redis that is full refuses changes in plain words, on the page and the terminal, until it has room',
  async () => {
    await using full = await RedisServer.start('--appendfsync', 'no');
    const data = path.join(scratch(), 'data');
    const { url, running } = await spawnServer(data, {
      ...{ OFFSTAGE_REDIS: full.url, OFFSTAGE_LOCK_MS: '3000', OFFSTAGE_STUB: '1' },
    });
    const me = visit(url);
    const job = await me.start(await me.upload({ 'slow-1.md': 'slow' }));
    await isRunning(me, job);
    await full.set('maxmemory', '1');
    const refused = { code: 'unavailable', details: { status: 503 } };
    await expect(me.jobs.cancel(job)).rejects.toMatchObject(refused);
    // What runs goes on, and can be seen.
    expect((await me.jobs.get(job))?.status).toBe('running');
    expect((await me.api.corpus()).busy).toMatchObject({ mine: true, jobId: job });
    await full.set('maxmemory', '0');
    expect(await me.jobs.cancel(job)).toBe(true);
    expect((await me.jobs.wait(job)).status).toBe('canceled');
    await vi.waitFor(async () => expect((await me.api.corpus()).busy).toBe(null));

    const upload = await me.upload({ 'b.md': 'b' });
    await full.set('maxmemory', '1');
    for (let time = 0; time < 2; time += 1) {
      await expect(me.start(upload)).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(/^Jobs can neither be started nor canceled just now/),
      });
    }
    await full.set('maxmemory', '0');
    const next = await me.jobs.wait(await me.start(upload));
    expect(next).toMatchObject({ status: 'succeeded', result: { gen: 1 } });
    running.process.kill('SIGTERM');
    const { stderr } = await running.ended;
    expect(stderr.match(/^Redis cannot be used: The memory of Redis is full/gm)).toHaveLength(1);
    const log = readFileSync(path.join(data, 'log', 'server.jsonl'), 'utf8');
    expect(log).toContain('"code":"redis_unsuitable","reason":"memory"');
    // Once an outage, however often a handler reports meanwhile.
    expect(
      log.match(new RegExp(`"jobId":"${job}".*"redis_unsuitable"`, 'g'))?.length ?? 0,
    ).toBeLessThan(3);
  },
  timeout,
);
