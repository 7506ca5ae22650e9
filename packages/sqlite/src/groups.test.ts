import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle } from '@offstage/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admitted } from '../fixtures/kept-job.ts';
import { SqliteJournal } from './host/sqlite-journal.ts';
import type { JournalThreadOptions } from './shared/wire.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A journal whose thread, one of the fixtures, waits at a step of each group until it is told to go on. */
async function steppedJournal(fixture: 'slow-thread' | 'waiting-thread', step?: string) {
  const words = new Int32Array(new SharedArrayBuffer(32));
  const options: JournalThreadOptions & { words: SharedArrayBuffer; step?: string } = {
    path: join(folder, 'jobs.sqlite'),
    maxKept: 1000,
    lockTimeoutMs: 0,
    synchronous: 'full',
    words: words.buffer as SharedArrayBuffer,
    ...(step !== undefined && { step }),
  };
  const thread = new URL(`../fixtures/${fixture}.ts`, import.meta.url);
  const journal = new SqliteJournal(options, thread);
  await journal.open();
  return {
    journal,
    goOn(groups: number): void {
      Atomics.add(words, 0, groups);
      Atomics.notify(words, 0);
    },
    taken: (): number => Atomics.load(words, 1),
    words,
  };
}

describe('a journal on a slow disk', () => {
  test('K7 this thread goes on, and what waits is one group with one sync', async () => {
    const { journal, goOn, taken } = await steppedJournal('slow-thread');
    const ids: string[] = [];
    const first = journal.write(admitted('first')).then(() => ids.push('first'));
    while (taken() === 0) await settle();
    const rest = Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        journal.write(admitted(`job-${index}`)).then(() => ids.push(`job-${index}`)),
      ),
    );
    // Turn after turn of this thread, while the other one waits for the disk.
    for (let turn = 0; turn < 20; turn += 1) await settle();
    const late = journal.write(admitted('late')).then(() => ids.push('late'));
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect([ids, taken()]).toEqual([[], 1]);
    goOn(1);
    await first;
    expect(ids).toEqual(['first']);
    goOn(1);
    await Promise.all([rest, late]);
    expect(taken()).toBe(2);
    expect(ids.length).toBe(502);
    await journal.close();
  });

  test('K7 a write of a later turn joins the group that waits', async () => {
    const { journal, goOn, taken } = await steppedJournal('slow-thread');
    const first = journal.write(admitted('first'));
    while (taken() === 0) await settle();
    const waiting: Promise<void>[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      waiting.push(journal.write(admitted(`job-${turn}`)));
      await settle();
    }
    for (let turn = 0; turn < 20; turn += 1) await settle();
    goOn(2);
    await Promise.all([first, ...waiting]);
    expect(taken()).toBe(2);
    await journal.close();
  });

  test('K2 K6 K7 wakes this thread once all is written, which shows nothing before the names were looked at', async () => {
    const { journal, goOn, taken, words } = await steppedJournal('slow-thread', 'group: durable');
    const sent = Atomics.load(words, 2);
    let end = 'none';
    const write = journal.write(admitted('job')).then(
      () => (end = 'kept'),
      ({ details }) => (end = details.reason),
    );
    while (taken() === 0) await settle();
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect([Atomics.load(words, 2) - sent, end]).toEqual([1, 'none']);
    rmSync(join(folder, 'jobs.sqlite'));
    goOn(1);
    await write;
    expect(end).toBe('deleted');
    await journal.close();
  });

  test('K2 K6 a thread that dies refuses what was not acknowledged, and health says so', async () => {
    const path = join(folder, 'jobs.sqlite');
    const options = { path, maxKept: 1, lockTimeoutMs: 0, synchronous: 'full' } as const;
    const dying = new SqliteJournal(
      options,
      new URL('data:text/javascript,setTimeout(() => { throw new Error("no"); })'),
    );
    await expect(dying.open()).rejects.toMatchObject({
      code: 'journal_failed',
      details: { reason: 'thread' },
    });
    expect(dying.health()).toMatchObject({ writable: false, error: { code: 'journal_failed' } });
    await expect(dying.write(admitted('job'))).rejects.toMatchObject({ code: 'journal_failed' });
    await dying.close();
  });
});

describe('the thread of a journal', () => {
  test('K7 waits for what comes next by shared memory, and misses nothing that came before it waits', async () => {
    const { journal, goOn, taken, words } = await steppedJournal('waiting-thread');
    const word = (index: number) => Atomics.load(words, index);
    await journal.write(admitted('first'));
    while (taken() === 0) await settle();
    // It has looked for more, and does not wait yet.
    const between = journal.write(admitted('between'));
    await settle();
    goOn(1);
    await between;
    expect([word(3), word(4)]).toEqual([0, 1]);
    goOn(1);
    while (word(2) < 2) await settle();
    const woken = journal.write(admitted('woken'));
    goOn(1);
    await woken;
    await journal.close();
    // By its event loop it heard of the first alone.
    expect([taken(), word(2) - word(3) - word(4), word(5)]).toEqual([3, 0, 1]);
  });

  test('K7 is woken while a write is made, and sleeps on where none comes of it', async () => {
    const { journal, goOn, words } = await steppedJournal('waiting-thread');
    await journal.write(admitted('first'));
    goOn(10);
    while (Atomics.load(words, 7) === 0) await settle();
    const before = Atomics.load(words, 6);
    let isWoken: boolean | undefined;
    const input = {
      get value() {
        isWoken ??= Atomics.wait(words, 6, before, 2000) !== 'timed-out';
        return () => {};
      },
    };
    const refused = journal.write(admitted('none', input));
    await expect(refused).rejects.toMatchObject({ code: 'not_serializable' });
    // With one processor it would only be in the way.
    expect(isWoken).toBe(availableParallelism() > 1);
    await journal.write(admitted('next'));
    await journal.close();
  });
});
