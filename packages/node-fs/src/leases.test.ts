import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeScratch } from '../fixtures/crash/kill-run.ts';
import { payloadSchema, problemsOf } from '../fixtures/crash/payload.ts';
import { Rig } from '../fixtures/crash/rig.ts';
import { nodeStorage } from './node-storage.ts';

const fixture = new URL('../fixtures/hold-version.ts', import.meta.url);
const threadArgv = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];
const execArgv = [...threadArgv, '--expose-gc'];

let scratch = '';
let rig: Rig;
let folder = '';
let count = 0;
const children: ChildProcess[] = [];
beforeAll(async () => {
  scratch = makeScratch();
  rig = await Rig.start(scratch, 1);
});
beforeEach(async () => {
  folder = join(scratch, `store-${count++}`);
  await publish();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});
afterAll(async () => {
  await rig.end();
  rmSync(scratch, { recursive: true });
});

/** By a process that is neither this one nor a reader; it keeps one version. */
const publish = (times = 1) => rig.run({ folder, scenario: 'few', seed: 'text', times, retain: 1 });

const storeHere = () =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: payloadSchema, retain: 1 });

interface Holder {
  readonly version: string;
  readonly process: ChildProcess;
  ask(what: 'look' | 'dispose' | 'forget'): Promise<unknown>;
}

async function hold(): Promise<Holder> {
  const child = fork(fileURLToPath(fixture), [folder], { execArgv });
  children.push(child);
  const [version] = await once(child, 'message');
  return {
    version,
    process: child,
    ask: async (what) => {
      const answer = once(child, 'message');
      child.send(what);
      return (await answer)[0];
    },
  };
}

async function holdInThread(): Promise<{ readonly version: string; readonly thread: Worker }> {
  const thread = new Worker(fixture, { workerData: { folder }, execArgv: threadArgv });
  const [version] = await once(thread, 'message');
  return { version, thread };
}

/** At once: nothing is waited for but the end of the process itself. */
async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const isThere = (version: string): boolean => existsSync(join(folder, version));
const versions = (): readonly string[] => readdirSync(folder).filter((name) => /^\d/.test(name));

describe.skipIf(process.platform === 'win32')('leases between processes', () => {
  test('S10 what one process has open, another one does not remove', async () => {
    const reader = await hold();
    await publish(3);
    expect(isThere(reader.version)).toBe(true);
    expect(await reader.ask('look')).toEqual([]);
    // The versions in between were nobody's.
    expect(versions().length).toBe(2);

    expect(await reader.ask('dispose')).toBe('disposed');
    await publish();
    expect(versions().length).toBe(1);
  });

  test('S10 the lease of a reader that was killed is free at once', async () => {
    const reader = await hold();
    await publish(2);
    expect(isThere(reader.version)).toBe(true);
    await kill(reader.process);
    await publish();
    expect(isThere(reader.version)).toBe(false);
  });

  test('S10 a version whose object is forgotten, and not disposed, stays', async () => {
    const reader = await hold();
    expect(await reader.ask('forget')).toBe('forgotten');
    await publish(2);
    expect(isThere(reader.version)).toBe(true);
    await kill(reader.process);
    await publish();
    expect(isThere(reader.version)).toBe(false);
  });

  test('S10 a reader that is stopped, not ended, keeps its version', async () => {
    const reader = await hold();
    reader.process.kill('SIGSTOP');
    await publish(2);
    expect(isThere(reader.version)).toBe(true);
    reader.process.kill('SIGCONT');
    expect(await reader.ask('look')).toEqual([]);
  });

  test('S10 of many readers the last one counts', async () => {
    const readers = await Promise.all([hold(), hold(), hold(), hold()]);
    const [first, second, third, last] = readers;
    await publish(2);
    await first?.ask('dispose');
    if (second !== undefined) await kill(second.process);
    await third?.ask('dispose');
    await publish();
    expect(await last?.ask('look')).toEqual([]);
    if (last !== undefined) await kill(last.process);
    await publish();
    expect(versions().length).toBe(1);
  });

  test('S10 a version stays current to its readers while it is rolled over', async () => {
    const old = await hold();
    await publish(2);
    await using now = await storeHere().current();
    if (now === undefined) throw new Error('Nothing is published.');
    await publish();
    expect(now.version).not.toBe(old.version);
    expect(await problemsOf(now)).toEqual([]);
    expect(await old.ask('look')).toEqual([]);
    // What is kept for its readers, a writer may still roll back to, as long as CURRENT names it.
    const listed = (await storeHere().list()).map(({ content }) => content);
    expect(listed).toEqual(expect.arrayContaining([old.version, now.version]));
  });

  test('S10 threads hold leases of their own, which end with them', async () => {
    const [one, two] = await Promise.all([holdInThread(), holdInThread()]);
    await publish(2);
    expect(isThere(one.version)).toBe(true);
    one.thread.postMessage('dispose');
    await once(one.thread, 'message');
    await publish();
    expect(isThere(two.version)).toBe(true);
    await two.thread.terminate();
    await publish();
    expect(versions().length).toBe(1);
    await one.thread.terminate();
  });
});

describe.skipIf(process.platform === 'win32')('a writer that stands still', () => {
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'resolved',
      (error: unknown) => (OffstageError.isInstance(error) ? error.code : error),
    );

  test('S7 stopped, it keeps others out and readers in; killed, it is gone at once', async () => {
    const writer = await rig.publisher();
    const stop = { moment: 'draft renamed', how: 'wait' } as const;
    writer.send({ kind: 'publish', folder, scenario: 'few', seed: 'stopped', stop });
    await writer.next('waiting');
    writer.process.kill('SIGSTOP');

    const begin = storeHere().begin({ lockTimeoutMs: 100 });
    expect(await codeOf(begin)).toBe('locked');
    await using current = await storeHere().current();
    expect(current?.metadata.text).toBe('text.1');
    expect(current && (await problemsOf(current))).toEqual([]);

    await writer.kill();
    const { removed } = await storeHere().recover({ lockTimeoutMs: 0 });
    expect(removed.length).toBe(1);
    expect(versions()).toEqual([current?.version]);
  });
});
