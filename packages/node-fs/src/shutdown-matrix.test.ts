import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SnapshotStore } from '@offstage/core';
import { directoryStorage } from '@offstage/core/storage';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { payloadSchema, publish } from '../fixtures/crash/payload.ts';
import { steppedDirectory } from '../fixtures/crash/stepped-directory.ts';
import { unmount } from '../fixtures/unmount.ts';
import { has, Shutdown } from '../scripts/power/tools.ts';
import { NodeDirectory } from './node-directory.ts';
import { nodeStorage } from './node-storage.ts';

const fixture = fileURLToPath(new URL('../fixtures/try-store.ts', import.meta.url));

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' });
};

/** A file system of its own, which a test may break. */
function disk(context: TestContext, type: string) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    context.skip('needs root on Linux to mount a disk');
  }
  if (!has(`mkfs.${type}`)) context.skip(`needs mkfs.${type}`);
  if (!has('perl') && !has('python3')) context.skip('needs perl or python3 for an ioctl');
  const scratch = mkdtempSync(join(tmpdir(), 'offstage-'));
  const folder = join(scratch, 'mounted');
  const image = join(scratch, 'disk.img');
  mkdirSync(folder);
  const mount = (): void => run('mount', '-t', type, '-o', 'loop', image, folder);
  try {
    run('truncate', '-s', '320M', image);
    run(`mkfs.${type}`, '-q', image);
    mount();
  } catch (error) {
    rmSync(scratch, { recursive: true });
    context.skip(`may not mount a disk of type ${type} here: ${String(error)}`);
  }
  onTestFinished(async () => {
    await unmount(folder);
    rmSync(scratch, { recursive: true });
  });
  return {
    folder,
    mountAgain: async () => {
      await unmount(folder);
      mount();
    },
  };
}

test.for([
  ['xfs', 'CURRENT renamed', 'commit_indeterminate'],
  ['ext4', 'CURRENT renamed', 'commit_indeterminate'],
  ['xfs', 'draft renamed', 'storage_failed'],
  ['ext4', 'draft renamed', 'storage_failed'],
] as const)(
  'S4 S18 %s that breaks down at "%s" acknowledges nothing: %s',
  async ([type, step, code], context) => {
    const { folder, mountAgain } = disk(context, type);
    const root = join(folder, 'store');
    const shutdown = Shutdown.start();
    onTestFinished(() => shutdown.end());
    const storeWith = (storage = nodeStorage(root)) =>
      new SnapshotStore({ storage, metadata: payloadSchema, retain: 1 });
    await publish(storeWith(), 'few', 'old');

    const breaking = steppedDirectory(new NodeDirectory(root), async (moment) => {
      if (moment === step) expect(await shutdown.issue(folder, 'log not flushed')).toBeUndefined();
    });
    const published = publish(storeWith(directoryStorage(breaking)), 'few', 'new');
    await expect(published).rejects.toMatchObject({ code });

    await mountAgain();
    // Nothing of it had reached the disk.
    await using current = await storeWith().current();
    expect(current?.metadata.text).toBe('old');
    await publish(storeWith(), 'few', 'later');
  },
);

// XFS then reports that an fsync of a directory which is open already has succeeded.
test.for(['xfs', 'ext4'])(
  'S4 S18 %s that breaks down within the last fsync',
  async (type, context) => {
    if (!has('strace')) context.skip('needs strace, to be in time');
    const { folder, mountAgain } = disk(context, type);
    const root = join(folder, 'store');
    const shutdown = Shutdown.start();
    onTestFinished(() => shutdown.end());
    const store = () => new SnapshotStore({ storage: nodeStorage(root), metadata: payloadSchema });
    await publish(store(), 'few', 'old');
    const pointer = (): string => readFileSync(join(root, 'CURRENT'), 'utf8');
    const before = pointer();

    // The fsyncs of the root are held up: of recovery, of the draft's new name, and of CURRENT's.
    const strace = ['-f', '-o', '/dev/null', '-P', root, '-e', 'trace=fsync'];
    const delay = ['-e', 'inject=fsync:delay_enter=2000000:when=3'];
    const source = '--conditions=@offstage/source';
    const child = spawn('strace', [...strace, ...delay, process.execPath, source, fixture, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Calls are counted by thread, so there is one.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    const said = text(child.stdout);
    const ended = once(child, 'exit');
    await expect.poll(pointer, { interval: 5 }).not.toBe(before);
    // Sooner, and the folder would not open any more.
    await expect.poll(() => hasOpen(child.pid, root), { interval: 5 }).toBe(true);
    expect(await shutdown.issue(folder, 'log not flushed')).toBeUndefined();
    await ended;
    expect(JSON.parse(await said)).toMatchObject({ published: { code: 'commit_indeterminate' } });

    await mountAgain();
    await using current = await store().current();
    expect(current?.metadata.text).toBe('old');
  },
);

/** Whether the process that the one of that id has started has the folder open. */
function hasOpen(parent: number | undefined, path: string): boolean {
  const [child] = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ');
  const descriptors = `/proc/${child}/fd`;
  return readdirSync(descriptors).some((descriptor) => {
    try {
      return readlinkSync(join(descriptors, descriptor)) === path;
    } catch {
      return false; // closed meanwhile
    }
  });
}
