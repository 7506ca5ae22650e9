import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { directoryStorage } from '@offstage/core/storage';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import {
  type PayloadStore,
  payloadSchema,
  problemsOf,
  publish,
} from '../fixtures/crash/payload.ts';
import { type OnMoment, steppedDirectory } from '../fixtures/crash/stepped-directory.ts';
import { unmount } from '../fixtures/unmount.ts';
import { NodeDirectory } from './node-directory.ts';

const long = process.env.OFFSTAGE_LONG === '1';

/** A disk of some mebibytes, mounted for one test. */
function smallDisk(context: TestContext, kind: 'tmpfs' | 'ext4'): string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    context.skip('needs root on Linux to mount a small disk');
  }
  const scratch = mkdtempSync(join(tmpdir(), 'offstage-'));
  const mounted = join(scratch, 'mounted');
  mkdirSync(mounted);
  const run = (command: string, ...args: readonly string[]): void => {
    execFileSync(command, args, { stdio: 'pipe' });
  };
  try {
    if (kind === 'tmpfs') {
      run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mounted);
    } else {
      const image = join(scratch, 'disk.img');
      closeSync(openSync(image, 'wx'));
      truncateSync(image, 8 * 1024 * 1024);
      run('mkfs.ext4', '-q', '-F', '-m', '0', image);
      run('mount', '-o', 'loop', image, mounted);
    }
  } catch (error) {
    rmSync(scratch, { recursive: true });
    context.skip(`may not mount a small disk of type ${kind} here: ${String(error)}`);
  }
  onTestFinished(async () => {
    await unmount(mounted);
    rmSync(scratch, { recursive: true });
  });
  return mounted;
}

/** Fills the disk to the last byte. */
function fill(disk: string): void {
  const file = openSync(join(disk, 'ballast'), 'a');
  const zeros = new Uint8Array(64 * 1024);
  for (let bytes = zeros.byteLength; bytes >= 1; ) {
    try {
      writeSync(file, zeros, 0, bytes);
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  closeSync(file);
}

const storeOn = (disk: string, at: OnMoment = () => undefined): PayloadStore =>
  new SnapshotStore({
    storage: directoryStorage(steppedDirectory(new NodeDirectory(join(disk, 'store')), at)),
    metadata: payloadSchema,
    retain: 1,
  });

async function currentText(disk: string): Promise<string | undefined> {
  await using version = await storeOn(disk).current();
  expect(version && (await problemsOf(version))).toEqual([]);
  return version?.metadata.text;
}

describe('a disk that is full from some step on', () => {
  test.for([
    ['tmpfs', 'few'],
    ['tmpfs', 'many'],
    ['ext4', 'few'],
    ['ext4', 'reuse few'],
    ['ext4', 'many'],
  ] as const)(
    'S18 S4 %s, %s: published or storage_full, the old version intact, no debris',
    { timeout: 120_000 },
    async ([kind, scenario], context) => {
      const disk = smallDisk(context, kind);
      await publish(storeOn(disk), scenario === 'many' ? 'many' : 'few', 'base');
      const moments: string[] = [];
      await publish(
        storeOn(disk, (moment) => void moments.push(moment)),
        scenario,
        'trial',
      );

      const outcomes = new Set<string>();
      let last = 'trial';
      const all = [...new Set(moments)];
      // A real disk takes its time to be filled, so the short form leaves steps out.
      const some = kind === 'tmpfs' || long ? all : all.filter((_, index) => index % 3 === 0);
      for (const full of some) {
        const text = `full at ${full}`;
        const store = storeOn(disk, (moment) => {
          if (moment === full) fill(disk);
        });
        const error = await publish(store, scenario, text).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        // Whoever reads does so on the full disk.
        const found = await currentText(disk);
        if (error === undefined) expect(found).toBe(text);
        else expect([found, codeOf(error), full]).toEqual([last, 'storage_full', full]);
        outcomes.add(error === undefined ? 'published' : 'full');

        rmSync(join(disk, 'ballast'), { force: true });
        last = `after ${full}`;
        await publish(storeOn(disk), scenario, last);
        expect(await currentText(disk)).toBe(last);
        await storeOn(disk).recover();
        const names = readdirSync(join(disk, 'store'));
        expect(names.filter((name) => !/^\d/.test(name)).sort()).toEqual(['CURRENT', 'LOCK']);
        const kept = new Set((await storeOn(disk).list()).map(({ content }) => content));
        expect(names.length).toBe(2 + kept.size);
      }
      expect([...outcomes].sort()).toEqual(['full', 'published']);
    },
  );
});

const codeOf = (error: unknown): unknown => (OffstageError.isInstance(error) ? error.code : error);
