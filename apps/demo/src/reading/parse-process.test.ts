import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { endlessMarkdown, scratch } from '../testing/scratch.ts';
import { ChildPool } from './child-pool.ts';
import type { ParseOutcome } from './messages.ts';
import { ParseProcess, type ParseProcessOptions } from './parse-process.ts';
import { ParseProcesses } from './parse-processes.ts';

const parser = new URL('../testing/faulty-parser.ts', import.meta.url);
const faulty = (options: ParseProcessOptions & { signal?: AbortSignal } = {}): ParseProcess =>
  new ParseProcess({ parser, ...options });

const text = (bytes: string): Uint8Array => Buffer.from(bytes);
const titleOf = (outcome: ParseOutcome): string => ('file' in outcome ? outcome.file.title : '');

async function parseAll(process: ParseProcess, files: readonly string[]): Promise<unknown[]> {
  const outcomes = await Promise.all(files.map((file) => process.parse(text(file), '.md')));
  return outcomes.map((outcome) =>
    'failure' in outcome ? outcome.failure.code : outcome.file.title,
  );
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('D6 the child can neither write, nor read what is not its code, nor start a process', async () => {
  const folder = scratch();
  const target = path.join(folder, 'written');
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, 'secret');
  await using child = faulty();
  expect(await parseAll(child, [`write ${target}`, `read ${secret}`, 'run /bin/true'])).toEqual([
    'ERR_ACCESS_DENIED',
    'ERR_ACCESS_DENIED',
    'ERR_ACCESS_DENIED',
  ]);
  expect(existsSync(target)).toBe(false);
});

test('D6 what a library prints does not disturb the answers', async () => {
  await using child = faulty();
  expect(await parseAll(child, ['print', 'a', 'print', 'b'])).toEqual([
    'printed',
    'a done',
    'printed',
    'b done',
  ]);
});

test('D6 a file that hangs is given up after its limit, and the rest goes on', async () => {
  await using child = faulty({ fileTimeoutMs: 300 });
  expect(await parseAll(child, ['a', 'b', 'hang', 'c', 'wait', 'd'])).toEqual([
    'a done',
    'b done',
    'timeout',
    'c done',
    'timeout',
    'd done',
  ]);
});

test('D6 a short file that hangs among others is charged once', async () => {
  let children = 0;
  class CountingPool extends ChildPool {
    override take(...options: Parameters<ChildPool['take']>) {
      children += 1;
      return super.take(...options);
    }
  }
  await using child = faulty({ fileTimeoutMs: 1500, pool: new CountingPool({ keep: 0 }) });
  expect(await parseAll(child, ['a', 'hang', 'b'])).toEqual(['a done', 'timeout', 'b done']);
  // The one that it hung, and the one that went on.
  expect(children).toBe(2);
});

test('D6 the time limit is of one file, not of all that wait', async () => {
  // Together they take longer than one may, and each of them far less, also on a busy machine.
  await using child = new ParseProcess({ fileTimeoutMs: 2000 });
  const bytes = text('a**b'.repeat(3000));
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => child.parse(bytes, '.md')));
  expect(outcomes.every((outcome) => 'file' in outcome)).toBe(true);
});

test('D6 a real parser that takes forever is given up', async () => {
  await using child = new ParseProcess({ fileTimeoutMs: 400 });
  const outcomes = await Promise.all([
    child.parse(text(endlessMarkdown), '.md'),
    child.parse(text('# Fine'), '.md'),
  ]);
  expect(outcomes).toMatchObject([
    { failure: { code: 'timeout', message: 'it took longer than 0.4 seconds to read' } },
    { file: { title: 'Fine' } },
  ]);
});

test('D6 a file that exhausts memory, in the heap or beside it, fails by itself', async () => {
  await using child = faulty({ memoryLimitMb: 64 });
  expect(await parseAll(child, ['a', 'heap', 'b', 'buffers', 'c'])).toEqual([
    'a done',
    'out_of_memory',
    'b done',
    'out_of_memory',
    'c done',
  ]);
});

test('D6 a file that crashes its parser fails by itself', async () => {
  await using child = faulty();
  expect(await parseAll(child, ['a', 'exit', 'b', 'reject-later', 'throw', 'c'])).toEqual([
    'a done',
    'crashed',
    'b done',
    'crashed',
    'damaged',
    'c done',
  ]);
  const outcome = await child.parse(text('throw'), '.md');
  expect(JSON.stringify(outcome)).not.toContain('secret');
});

test('D6 a file is not blamed for what another one left behind', async () => {
  await using child = faulty();
  expect(await parseAll(child, ['a', 'die-unless-first', 'b'])).toEqual([
    'a done',
    'first',
    'b done',
  ]);
});

test('D6 a cancel ends a hanging parser at once, and its process is gone', async () => {
  const controller = new AbortController();
  const child = faulty({ signal: controller.signal });
  const pid = Number(titleOf(await child.parse(text('pid'), '.pdf')));
  const hanging = child.parse(text('hang'), '.pdf');
  const waiting = child.parse(text('a'), '.pdf');
  const reason = new Error('stop');
  controller.abort(reason);
  await expect(hanging).rejects.toBe(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(child.parse(text('a'), '.pdf')).rejects.toBe(reason);
  await child[Symbol.asyncDispose]();
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('D6 a parser that cannot be loaded is an error, not a loop', async () => {
  await using child = new ParseProcess({
    parser: new URL('../testing/missing.ts', import.meta.url),
  });
  await expect(child.parse(text('a'), '.md')).rejects.toThrow('could not start');
});

test('D6 an idle child is used again, a busy or dead one is not', async () => {
  const pool = new ChildPool({ idleMs: 60_000 });
  const pidIn = async (job: ParseProcess): Promise<number> =>
    Number(titleOf(await job.parse(text('pid'), '.pdf')));
  const controller = new AbortController();
  let first: number;
  {
    await using job = faulty({ pool });
    first = await pidIn(job);
  }
  {
    await using job = faulty({ pool, signal: controller.signal });
    expect(await pidIn(job)).toBe(first);
    job.parse(text('hang'), '.pdf').catch(() => {});
    controller.abort(new Error('stop'));
  }
  {
    await using job = faulty({ pool });
    const second = await pidIn(job);
    expect(second).not.toBe(first);
    process.kill(second, 'SIGKILL');
    await expect.poll(() => isAlive(second)).toBe(false);
  }
  await using job = faulty({ pool });
  expect(await parseAll(job, ['a'])).toEqual(['a done']);
});

test('D6 an answer is told as its child wrote it, and nothing is told of a child that died', async () => {
  await using child = faulty();
  const told: string[] = [];
  const ask = (what: string) =>
    child.parse(text(what), '.pdf', (json) => told.push(Buffer.from(json).toString()));
  const outcomes = await Promise.all(['a', 'exit', 'throw'].map(ask));
  expect(told).toEqual([outcomes[0], outcomes[2]].map((outcome) => JSON.stringify(outcome)));
});

test('D6 answers come in order, whatever their size', async () => {
  await using child = faulty();
  const files = Array.from({ length: 300 }, (_, n) => `${'x'.repeat((n * 7919) % 200_000)}${n}`);
  expect(await parseAll(child, files)).toEqual(files.map((file) => `${file} done`));
});

test('D6 files that pile up go to a second child, and one that hangs holds up its own alone', async () => {
  await using children = new ParseProcesses({ parser, processes: 2, fileTimeoutMs: 600_000 });
  const pid = async (): Promise<string> => titleOf(await children.parse(text('pid'), '.pdf'));
  const pids = await Promise.all(Array.from({ length: 100 }, pid));
  expect(new Set(pids).size).toBe(2);
  const hanging = children.parse(text('hang'), '.pdf');
  hanging.catch(() => {});
  expect(await pid()).toBe(await pid());
});

test('D6 few files need one child', async () => {
  await using children = new ParseProcesses({ parser, processes: 2 });
  const pid = async (): Promise<string> => titleOf(await children.parse(text('pid'), '.pdf'));
  expect(new Set(await Promise.all(Array.from({ length: 10 }, pid))).size).toBe(1);
});
