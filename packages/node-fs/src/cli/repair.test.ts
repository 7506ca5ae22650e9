import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runCli } from '../../fixtures/run-cli.ts';
import { nodeStorage } from '../node-storage.ts';

function scratch(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'offstage-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const storeIn = (folder: string) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown(), retain: 100 });

async function publish(folder: string, text: string): Promise<string> {
  await using draft = await storeIn(folder).begin();
  await draft.write('a.txt', text);
  return (await draft.finalize({ title: text })).version;
}

/** All files below, with their contents. */
const stateOf = (folder: string): readonly unknown[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'hex') : ''];
    })
    .sort();

async function jsonOf(...args: readonly string[]) {
  const { code, stdout } = await runCli(...args, '--json');
  return { code, ...JSON.parse(stdout) };
}

const gensOf = async (folder: string): Promise<readonly number[]> =>
  (await storeIn(folder).list()).map(({ gen }) => gen);

async function withTwo() {
  const folder = join(scratch(), 'store');
  const first = await publish(folder, 'text 1');
  const old = readFileSync(join(folder, 'CURRENT'));
  return { folder, old, versions: [first, await publish(folder, 'text 2')] };
}

async function putBack() {
  const { folder, old, versions } = await withTwo();
  writeFileSync(join(folder, 'CURRENT'), old);
  return { folder, versions };
}

describe('repair', () => {
  test('S15 an older CURRENT that was put back: gc deletes nothing, and tells the way out', async () => {
    const { folder } = await putBack();
    const before = stateOf(folder);
    for (const args of [['gc'], ['gc', '--retain', '1'], ['rollback', '1']]) {
      const { code, stderr } = await runCli(folder, ...args);
      if (args[0] === 'gc')
        expect(stderr).toMatch(/older CURRENT was put back.* repair.*\[corrupt\]/);
      expect(code).toBe(1);
      expect(stateOf(folder)).toEqual(before);
    }
  });

  test('S15 repair shows what it would name, and changes nothing without --yes', async () => {
    const { folder, versions } = await putBack();
    const before = stateOf(folder);
    const { code, stdout } = await runCli(folder, 'repair');
    expect(code).toBe(1);
    expect(stdout).toMatch(/is an older one.* 2 {2}2-.* 1 {2}1-.*Nothing was changed.*--yes/s);
    expect(await jsonOf(folder, 'repair')).toMatchObject({
      code: 1,
      problem: 'backwards',
      repaired: false,
      versions: [{ gen: 3, content: versions[1], current: true }, { gen: 2 }, { gen: 1 }],
    });
    expect(stateOf(folder)).toEqual(before);
  });

  test('S15 repair --yes names what is there, and all goes on', async () => {
    const { folder, versions } = await putBack();
    const { code, stdout } = await runCli(folder, 'repair', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain('CURRENT was written; 3 versions named.');
    expect((await runCli(folder, 'gc')).stdout).toContain('Nothing to remove; 3 versions kept.');
    expect(await gensOf(folder)).toEqual([3, 2, 1]);
    await using current = await storeIn(folder).current();
    expect(current?.manifest.id).toBe(versions[1]?.split('-')[1]);
    expect(await jsonOf(folder, 'repair', '--yes')).toMatchObject({ code: 0, problem: 'none' });
  });

  test('S15 repair of a missing CURRENT, with a generation that is asked for', async () => {
    const { folder } = await withTwo();
    rmSync(join(folder, 'CURRENT'));
    expect(await jsonOf(folder, 'repair', '1', '--yes')).toMatchObject({
      code: 0,
      problem: 'missing',
      versions: [{ gen: 3, content: expect.stringMatching(/^1-/) }, { gen: 2 }, { gen: 1 }],
    });
    const empty = scratch();
    expect((await jsonOf(empty, 'repair')).error.code).toBe('not_found');
    expect(readdirSync(empty)).toEqual([]);
  });
});
