import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobJournal } from '@offstage/core/engine';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { admitted } from '../fixtures/kept-job.ts';
import { fill, smallDisk } from '../fixtures/small-disk.ts';
import { sqliteJournal } from './host/sqlite-journal.ts';

// A journal of a process that was killed, on a disk that has no room for what is in its log.

let folder = '';
const mounts: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
});
afterEach(() => {
  for (const mounted of mounts.splice(0)) execFileSync('umount', [mounted]);
  rmSync(folder, { recursive: true, force: true });
});

const sizes = (disk: string) =>
  Object.fromEntries(readdirSync(disk).map((name) => [name, statSync(join(disk, name)).size]));

const refusal = (journal: JobJournal) =>
  journal.open().then(
    () => undefined,
    (error: unknown) => error,
  );

/** Takes the file that fills a disk back, so that there are so many bytes. */
function free(ballast: string, bytes: number): void {
  truncateSync(ballast, statSync(ballast).size - bytes);
}

for (const [what, large] of [
  ['has grown to its size', 7],
  ['is small', 2],
] as const) {
  test(`K6 an open that fails for want of space takes none, and says how much it needs, where the log ${what}`, async (context) => {
    const before = join(folder, 'jobs.sqlite');
    const journal = sqliteJournal(before);
    await journal.open();
    for (let index = 0; index < large; index += 1) {
      await journal.write(admitted(`job-${index}`, 'x'.repeat(500_000)));
    }
    const disk = smallDisk(folder, context, mounts, 16);
    const path = join(disk, 'jobs.sqlite');
    for (const name of ['', '-wal', '-holder']) cpSync(`${before}${name}`, `${path}${name}`);
    await journal.close();
    const ballast = fill(disk);
    let needed = 0;
    // What an operator frees is still free after a restart that it was too little for.
    for (const bytes of [0, 200_000, 300_000]) {
      if (bytes > 0) free(ballast, bytes);
      const found = sizes(disk);
      const error = await refusal(sqliteJournal(path));
      expect(error).toMatchObject({ code: 'journal_full', details: { path } });
      const { message, details } = error as { message: string; details: Record<string, number> };
      expect(sizes(disk)).toEqual(found);
      needed = details.bytes ?? 0;
      expect(message).toContain(`${needed.toLocaleString('en')} bytes`);
      expect(needed).toBeGreaterThan(large * 500_000 - 100_000);
      expect(details.free).toBeLessThan(needed);
    }
    free(ballast, needed);
    const next = sqliteJournal(path);
    expect((await next.open()).jobs).toHaveLength(large);
    await next.write(admitted('after'));
    await next.close();
  });
}

test('K6 a full disk keeps nobody from opening a journal that was closed, and a new one takes nothing', async (context) => {
  const disk = smallDisk(folder, context, mounts);
  const path = join(disk, 'jobs.sqlite');
  const journal = sqliteJournal(path);
  await journal.open();
  await journal.write(admitted('job'));
  await journal.close();
  const ballast = fill(disk);
  const again = sqliteJournal(path);
  expect((await again.open()).jobs).toHaveLength(1);
  await again.close();
  const found = sizes(disk);
  const other = join(disk, 'other.sqlite');
  expect(await refusal(sqliteJournal(other))).toMatchObject({ code: 'journal_full' });
  const { 'other.sqlite': left = 0, ...rest } = sizes(disk);
  expect(rest).toEqual(found);
  expect(left).toBe(0);
  free(ballast, 200_000);
  const made = sqliteJournal(other);
  await made.open();
  await made.close();
});
