import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer } from '../../../../packages/bullmq/fixtures/redis-server.ts';
import { runtimeOptions } from '../../../../scripts/setup.mjs';
import { choose, goTo, inMain, jobCard, publish, textFile } from './actions.ts';
import { Bed, kinds, open } from './bed.ts';

let bed: Bed;
let redis: RedisServer;

beforeAll(async () => {
  [bed, redis] = await Promise.all([
    Bed.make(),
    RedisServer.start('--appendfsync', 'no', '--requirepass', 'a-secret'),
  ]);
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

// Both frameworks in the long form; what differs with Redis is behind the pages.
const tried = process.env.OFFSTAGE_LONG === '1' ? kinds : kinds.slice(0, 1);

test.each(tried)(
  'D2 D3 D7 E4 S19 %s: with Redis pages are as ever, and a worker that is killed costs an attempt',
  async (kind) => {
    const data = bed.folder();
    const { url, child } = await startWithRedis(data);
    const context = await bed.visitor();
    const page = await open(context, url, kind);
    await publish(page, [textFile('overture.txt', 'An overture.\n')]);
    await goTo(page, 'Search');
    await page.getByLabel('Words to find').fill('overture');
    await inMain(page).getByText('1 passage in version 1').waitFor();

    await goTo(page, 'Documents');
    await choose(page, [textFile('slow-act.txt')]);
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
    await jobCard(page).getByText('Canceled, nothing was published').waitFor();
    await page
      .getByRole('region', { name: 'Left over' })
      .getByRole('button', { name: 'Throw away' })
      .click();

    await choose(page, [textFile('lost-act.txt')]);
    const told = jobCard(page).getByText(/in process \d+/);
    await told.waitFor();
    const running = Number(/in process (\d+)/.exec((await told.textContent()) ?? '')?.[1]);
    const workers = workersOf(data);
    expect(workers).toContain(running);
    expect(running).not.toBe(child.pid);
    process.kill(running, 'SIGKILL');
    await jobCard(page)
      .getByText(/is published/)
      .waitFor();
    await page.getByText('2 files in version 2').waitFor();
    const events = readFileSync(path.join(data, 'log', 'events.jsonl'), 'utf8');
    expect(events.match(/"event":"(interrupted|completed|canceled)"/g)).toEqual([
      '"event":"completed"',
      '"event":"canceled"',
      '"event":"interrupted"',
      '"event":"completed"',
    ]);

    // Orderly, and with all of its processes, also the one that took the place of what was killed.
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(143);
    expect(workersOf(data).filter(isAlive)).toEqual([]);
    expect(readFileSync(path.join(data, 'log', 'server.jsonl'), 'utf8')).not.toContain('a-secret');
    await bed.leave(context, /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/);
  },
);

/** All that were ever ready. */
const workersOf = (data: string): number[] =>
  readFileSync(path.join(data, 'log', 'server.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.includes('"worker ready"') ? [Number(JSON.parse(line).pid)] : []));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function startWithRedis(data: string): Promise<{ url: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL('../server/start.ts', import.meta.url));
  const child = spawn(process.execPath, [...runtimeOptions, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{ PORT: '0', OFFSTAGE_DATA: data, OFFSTAGE_STUB: '1' },
      ...{ OFFSTAGE_LOCK_MS: '3000', OFFSTAGE_REDIS: redis.url.replace('//', '//:a-secret@') },
    },
  });
  // Its workers end with it.
  bed.atEnd(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Documents is at (.*)\/$/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('The server ended before it listened.');
}
