import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';

const fixture = new URL('../fixtures/hold-lock.ts', import.meta.url);
const source = '--conditions=@offstage/source';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const storeHere = (lockTimeoutMs = 0) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown(), lockTimeoutMs });

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'resolved',
    (error: unknown) => (OffstageError.isInstance(error) ? error.code : error),
  );

async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [source, fileURLToPath(fixture), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of the operating system', () => {
  test('S7 S2 a process that holds it keeps others out until it is killed', async () => {
    const child = await holder();
    expect(await codeOf(storeHere().begin())).toBe('locked');
    expect((await readdir(folder)).filter((name) => name.startsWith('_tmp-')).length).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const draft = await storeHere(10_000).begin();
    expect((await readdir(folder)).filter((name) => name.startsWith('_tmp-')).length).toBe(1);
    await draft.discard();
    expect((await readdir(folder)).sort()).toEqual(['CURRENT', 'LOCK']);
  });

  test('S7 another thread is kept out', async () => {
    const worker = new Worker(fixture, { workerData: { folder }, execArgv: [source] });
    expect((await once(worker, 'message'))[0]).toBe('held');
    expect(await codeOf(storeHere().begin())).toBe('locked');
    worker.postMessage('release');
    expect((await once(worker, 'message'))[0]).toBe('released');
    await (await storeHere().begin()).discard();
    await worker.terminate();
  });

  test('S7 a writer that waits is let in when the other one has finished', async () => {
    const first = await storeHere().begin();
    const second = storeHere(10_000).begin();
    await first.finalize({});
    expect((await (await second).finalize({})).gen).toBe(2);
  });

  test('S7 when somebody replaced LOCK, the first writer to commit wins', async () => {
    const first = await storeHere().begin();
    await first.write('a', 'first');
    await unlink(join(folder, 'LOCK'));
    await writeFile(join(folder, 'LOCK'), '');
    const second = await storeHere().begin();
    expect(await codeOf(storeHere().begin())).toBe('locked');
    const { version } = await second.finalize('second');
    expect(await codeOf(first.finalize('first'))).not.toBe('resolved');
    await using current = await storeHere().current();
    expect(current?.version).toBe(version);
  });

  test('S16 a LOCK that is a link is not followed', async () => {
    const outside = join(folder, 'outside');
    await symlink(outside, join(folder, 'LOCK'));
    expect(await codeOf(storeHere().begin())).toBe('storage_failed');
    expect((await readdir(folder)).sort()).toEqual(['LOCK']);
  });
});
