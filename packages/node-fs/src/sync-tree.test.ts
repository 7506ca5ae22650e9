import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';
import { syncTree, syncTreeFrom, syncTreeFromOn } from './sync-tree.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'offstage-sync-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Looks for commands there first, or there alone. */
function withPath(path: string): void {
  const before = process.env.PATH;
  onTestFinished(() => {
    if (before === undefined) delete process.env.PATH;
    else process.env.PATH = before;
  });
  process.env.PATH = path;
}

/** A `sync` that notes its calls, says that, and ends so. */
function fakeSync(stderr: string, end: string): string {
  const folder = scratch();
  const command = join(folder, 'sync');
  writeFileSync(command, `#!/bin/sh\necho "${stderr}" >&2\n${end}\n`);
  chmodSync(command, 0o755);
  withPath(`${folder}${delimiter}${process.env.PATH}`);
  return folder;
}

async function publishMany(folder: string): Promise<number> {
  const store = new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown() });
  await using draft = await store.begin();
  for (let index = 0; index < 70; index += 1) await draft.write(`${index}.txt`, 'x');
  return (await draft.finalize({})).gen;
}

describe.runIf(process.platform === 'linux')('the sync of a whole file system', () => {
  const texts = [
    'usage: sync',
    "sync: error syncing 'x': not found",
    'sync: invalid option -- f',
    'sync: unrecognized option',
    'Input/output error',
    '',
  ];

  test.for(texts)('S18 failed, whatever it says (%j): nothing is tried again', async (text) => {
    for (const end of ['exit 1', 'exit 2', 'exit 127', 'kill -9 $$']) {
      fakeSync(text, end);
      await expect(syncTree('/')).rejects.toMatchObject({ code: 'storage_failed' });
    }
  });

  test.runIf(syncTreeFrom === 64)(
    'S18 S4 a publish whose sync failed publishes nothing',
    async () => {
      const folder = join(scratch(), 'store');
      expect(await publishMany(folder)).toBe(1);
      fakeSync('sync: not found', 'exit 1');
      await expect(publishMany(folder)).rejects.toMatchObject({ code: 'storage_failed' });
      const store = new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown() });
      expect((await store.list()).map(({ gen }) => gen)).toEqual([1]);
    },
  );

  test('S4 where there is no such command, each file is synced', async () => {
    withPath(scratch());
    expect(await syncTree('/')).toBe(false);
    expect(await publishMany(join(scratch(), 'store'))).toBe(1);
  });

  test('S4 it is done where it can be', async () => {
    expect(await syncTree(scratch())).toBe(true);
  });
});

test.for<[string, string, number]>([
  ['linux', '5.8.0', 64],
  ['linux', '5.8.0-rc1', 64],
  ['linux', '5.10.16.3-microsoft-standard-WSL2', 64],
  ['linux', '6.0', 64],
  ['linux', '10.1.0', 64],
  ['linux', '5.7.19', Number.POSITIVE_INFINITY],
  ['linux', '5.4.0-150-generic', Number.POSITIVE_INFINITY],
  ['linux', '4.18.0-553.el8_10.x86_64', Number.POSITIVE_INFINITY],
  ['linux', '3.10.0', Number.POSITIVE_INFINITY],
  ['linux', '', Number.POSITIVE_INFINITY],
  ['linux', 'unknown', Number.POSITIVE_INFINITY],
  ['linux', '5', Number.POSITIVE_INFINITY],
  ['darwin', '24.6.0', Number.POSITIVE_INFINITY],
  ['win32', '10.0.26100', Number.POSITIVE_INFINITY],
])('S4 %s %s: one sync of all from %d files on', ([platform, kernel, from]) => {
  expect(syncTreeFromOn(platform, kernel)).toBe(from);
});
