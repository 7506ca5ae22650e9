import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Draft, OffstageError, SnapshotStore } from '@offstage/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';

const run = promisify(execFile);

function scratch(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'offstage-dir-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const storeIn = (folder: string) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown(), lockTimeoutMs: 0 });

const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return 'done';
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : error;
  }
};

/** A draft in which a folder was swapped for a link to one elsewhere. */
async function swapped(which: (draftFolder: string) => string) {
  const root = scratch();
  const folder = join(root, 'store');
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(elsewhere);
  const store = storeIn(folder);
  await using first = await store.begin();
  await first.write('sub/known.txt', 'known');
  await first.finalize({});
  const last = await store.open(1);
  const draft = await store.begin();
  onTestFinished(async () => {
    await last[Symbol.asyncDispose]();
    await draft[Symbol.asyncDispose]();
  });
  await draft.write('sub/inner/a.txt', 'a');
  const swap = which(join(dirname(draft.path('x'))));
  renameSync(swap, join(root, 'moved'));
  symlinkSync(elsewhere, swap);
  mkdirSync(join(elsewhere, 'inner'));
  return { draft, last, elsewhere };
}

describe.skipIf(process.platform === 'win32')(
  'a folder of a draft that was swapped for a link',
  () => {
    const places: readonly (readonly [string, (draftFolder: string) => string])[] = [
      ['the draft itself', (folder) => folder],
      ['a folder in it', (folder) => join(folder, 'sub')],
    ];
    type Work = (draft: Draft, last: Parameters<Draft['copyFrom']>[0]) => unknown;
    const works: readonly (readonly [string, Work])[] = [
      ['write', (draft) => draft.write('sub/b.txt', 'b')],
      ['write into a folder that is there', (draft) => draft.write('sub/inner/b.txt', 'b')],
      ['write into a new folder', (draft) => draft.write('sub/new/b.txt', 'b')],
      ['path', (draft) => draft.path('sub/inner/b.txt')],
      ['copyFrom', (draft, last) => draft.copyFrom(last, 'sub/known.txt')],
      ['finalize', (draft) => draft.finalize({})],
    ];
    const all = places.flatMap(([place, which]) =>
      works.map(([name, work]) => ({ place, which, name, work })),
    );

    test.for(all)('S16 S6 $name of $place puts nothing behind it', async ({ which, work }) => {
      const { draft, last, elsewhere } = await swapped(which);
      expect(await codeOf(() => work(draft, last))).toBe('unsafe_entry');
      expect(readdirSync(elsewhere, { recursive: true })).toEqual(['inner']);
      await draft.discard();
      expect(readdirSync(elsewhere, { recursive: true })).toEqual(['inner']);
    });

    test('S16 S6 path at the top of a draft that is a link gives no place behind it', async () => {
      const { draft, elsewhere } = await swapped((folder) => folder);
      expect(await codeOf(() => draft.path('b.txt'))).toBe('unsafe_entry');
      expect(readdirSync(elsewhere)).toEqual(['inner']);
    });
  },
);

describe.skipIf(process.platform === 'win32')('the folders above the root', () => {
  const fixture = fileURLToPath(new URL('../fixtures/publish-once.ts', import.meta.url));

  /** Which folders a publish opens, which is what a sync of one begins with. */
  async function opened(folder: string): Promise<readonly string[]> {
    const log = join(scratch(), 'trace.log');
    const trace = ['--trace-event-categories=node.fs.async', `--trace-event-file-pattern=${log}`];
    const source = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];
    await run(process.execPath, [...trace, ...source, fixture, folder]);
    const { traceEvents } = JSON.parse(readFileSync(log, 'utf8'));
    return traceEvents.flatMap(({ name, args }: { name: string; args: { path?: string } }) =>
      name === 'open' && args.path !== undefined ? [args.path] : [],
    );
  }

  test('S4 are synced by the first publish, also where the root is there already', async () => {
    for (const isThere of [true, false]) {
      const above = join(scratch(), 'above');
      const folder = join(above, 'root');
      if (isThere) mkdirSync(folder, { recursive: true });
      const first = await opened(folder);
      expect(first).toEqual(expect.arrayContaining([above, dirname(above)]));
      const again = await opened(folder);
      expect(again).toContain(folder);
      expect(again).not.toContain(above);
    }
  });
});
