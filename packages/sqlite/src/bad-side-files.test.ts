import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '@offstage/core/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idsIn, keep, refusalOf } from '../fixtures/kept-file.ts';
import { admitted } from '../fixtures/kept-job.ts';
import { sqliteJournal } from './host/sqlite-journal.ts';

const isWindows = process.platform === 'win32';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  path = join(folder, 'jobs.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Leaves the file and its log as they are when the process is killed. */
async function keepInLog(...jobs: readonly (string | JournalEntry)[]): Promise<void> {
  const journal = sqliteJournal(path);
  await journal.open();
  for (const job of jobs) await journal.write(typeof job === 'string' ? admitted(job) : job);
  const killed = readdirSync(folder).map(
    (name) => [name, readFileSync(join(folder, name))] as const,
  );
  await journal.close();
  for (const [name, bytes] of killed) writeFileSync(join(folder, name), bytes);
}

const contents = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'jobs.sqlite-holder')
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );

describe('what lies beside a journal and is no file', () => {
  for (const end of ['-wal', '-journal', '-shm', '-holder']) {
    test(`K6 a folder as ${end} is refused, and named`, async () => {
      await keep(path, 'job');
      mkdirSync(`${path}${end}`);
      const { code, details, message } = await refusalOf(path);
      expect([code, details.reason, details.file]).toEqual([
        'journal_failed',
        'folder',
        `${path}${end}`,
      ]);
      expect(message).toContain(`${path}${end} beside it is a folder`);
      rmSync(`${path}${end}`, { recursive: true });
      expect(await idsIn(path)).toEqual(['job']);
    });

    test.skipIf(isWindows)(`K6 a pipe and a link as ${end} are refused, and named`, async () => {
      await keep(path, 'job');
      execFileSync('mkfifo', [`${path}${end}`]);
      const pipe = await refusalOf(path);
      expect([pipe.code, pipe.details.reason]).toEqual(['journal_failed', 'not_a_file']);
      expect(pipe.message).toContain(`${path}${end} beside it is a named pipe`);
      rmSync(`${path}${end}`);
      writeFileSync(join(folder, 'other'), '');
      symlinkSync(join(folder, 'other'), `${path}${end}`);
      const link = await refusalOf(path);
      expect([link.code, link.details.reason]).toEqual(['journal_failed', 'not_a_file']);
      expect(link.message).toContain(`${path}${end} beside it is a symbolic link`);
      expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('');
      rmSync(`${path}${end}`);
      expect(await idsIn(path)).toEqual(['job']);
    });
  }

  test.skipIf(isWindows)(
    'K6 of a path that is a link, what lies beside its target counts',
    async () => {
      await keep(path, 'job');
      const link = join(folder, 'link.sqlite');
      symlinkSync('jobs.sqlite', link);
      mkdirSync(`${path}-wal`);
      expect((await refusalOf(link)).details).toMatchObject({ reason: 'folder' });
    },
  );
});

describe('a log without its journal', () => {
  test.each(['missing', 'empty'] as const)(
    'K6 a log whose file is %s is told, and not deleted',
    async (how) => {
      await keepInLog('a', 'b');
      const file = readFileSync(path);
      if (how === 'missing') rmSync(path);
      else truncateSync(path);
      const before = contents();
      const { code, details, message } = await refusalOf(path);
      expect([code, details.file]).toEqual(['journal_damaged', `${path}-wal`]);
      expect(message).toContain('Put the file back');
      expect(contents()).toEqual(before);
      writeFileSync(path, file);
      expect(await idsIn(path)).toEqual(['a', 'b']);
    },
  );

  test('K2 K6 one that was removed after a kill is told, also after some of it was written back', async () => {
    await keepInLog('a');
    rmSync(`${path}-wal`);
    expect(await refusalOf(path)).toMatchObject({
      code: 'journal_damaged',
      details: { file: `${path}-wal` },
    });
    rmSync(`${path}-holder`);
    expect(await idsIn(path)).toEqual([]);

    // More than SQLite leaves in a log; what comes after it is noted with the one after that.
    const large = Array.from({ length: 6 }, (_, index) =>
      admitted(`large-${index}`, 'x'.repeat(900_000)),
    );
    await keepInLog(...large, 'b', 'c', 'd');
    const log = readFileSync(`${path}-wal`);
    rmSync(`${path}-wal`);
    expect(await refusalOf(path)).toMatchObject({ code: 'journal_damaged' });
    writeFileSync(`${path}-wal`, log);
    expect((await idsIn(path)).slice(-3)).toEqual(['b', 'c', 'd']);
  });

  test('K6 an empty log beside nothing is none', async () => {
    writeFileSync(`${path}-wal`, '');
    expect(await idsIn(path)).toEqual([]);
  });
});
