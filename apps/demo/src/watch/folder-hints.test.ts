import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { FolderHints } from './folder-hints.ts';

async function listen(folder: string, except?: string) {
  const heard = vi.fn();
  const deaf = vi.fn();
  const hints = new FolderHints({ folder, except, onHint: heard, onDeaf: deaf });
  onTestFinished(() => hints.close());
  await hints.sync();
  return {
    hints,
    /** Resolves when something that was done is heard of. */
    hears: async (act: () => void): Promise<void> => {
      heard.mockClear();
      act();
      await vi.waitFor(() => expect(heard).toHaveBeenCalled(), { interval: 10 });
      expect(deaf).not.toHaveBeenCalled();
    },
    heard,
  };
}

test('D9 what comes, changes, moves and goes in a folder is heard of, also in new folders below', async () => {
  const folder = writeFiles(scratch(), { 'sub/a.md': 'one' });
  const at = (name: string): string => path.join(folder, name);
  const { hints, hears } = await listen(folder);
  await hears(() => writeFileSync(at('sub/a.md'), 'two'));
  await hears(() => writeFileSync(at('b.md'), 'new'));
  await hears(() => renameSync(at('b.md'), at('sub/b.md')));
  await hears(() => rmSync(at('sub/b.md')));
  await hears(() => mkdirSync(at('new/deep'), { recursive: true }));
  await hints.sync();
  await hears(() => writeFileSync(at('new/deep/c.md'), 'below'));
  // Another folder in the same place, as after a checkout.
  await hears(() => {
    renameSync(at('new'), at('old'));
    mkdirSync(at('new/deep'), { recursive: true });
  });
  await hints.sync();
  await hears(() => writeFileSync(at('new/deep/d.md'), 'below'));
});

test('D9 the watched folder itself may go and come back', async () => {
  const folder = path.join(scratch(), 'watched');
  writeFiles(folder, { 'a.md': 'one' });
  const { hints, hears } = await listen(folder);
  await hears(() => renameSync(folder, `${folder}-elsewhere`));
  await hints.sync();
  mkdirSync(folder);
  await hints.sync();
  await hears(() => writeFileSync(path.join(folder, 'b.md'), 'two'));
});

test.runIf(process.platform !== 'win32')(
  'D9 what no ingest would read is not heard of, and links in a circle do no harm',
  async () => {
    const folder = writeFiles(scratch(), { 'sub/a.md': 'one', '.git/HEAD': 'x', 'data/x': 'x' });
    symlinkSync('..', path.join(folder, 'sub/up'));
    const { heard, hears } = await listen(folder, path.join(folder, 'data'));
    for (const name of ['.git/HEAD', 'data/x', '.hidden', 'sub/~$lock.docx']) {
      writeFileSync(path.join(folder, name), 'other');
    }
    // Told in order, so what comes before it would have been heard first.
    await hears(() => writeFileSync(path.join(folder, 'sub/a.md'), 'two'));
    expect(heard.mock.calls.length).toBeLessThan(3);
  },
);
