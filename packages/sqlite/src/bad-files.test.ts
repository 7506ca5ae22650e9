import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

const isRefused = expect.objectContaining({
  code: 'journal_damaged',
  details: expect.objectContaining({ file: expect.stringMatching(/jobs\.sqlite-wal$/) }),
  message: expect.stringMatching(/Nothing was changed\. Put back .* or move .*-wal away/),
});

describe('a log that is not the journal’s own', () => {
  test('K6 of another journal, of another time, of another program, and what is none', async () => {
    const other = await keep(join(folder, 'other.sqlite'), 'theirs');
    const earlier = await keep(path, 'a');
    await keep(path, 'b');
    const file = readFileSync(path);
    const foreign = new DatabaseSync(join(folder, 'foreign.sqlite'));
    foreign.exec('PRAGMA journal_mode = WAL; CREATE TABLE job (x); INSERT INTO job VALUES (1)');
    const program = readFileSync(join(folder, 'foreign.sqlite-wal'));
    foreign.close();
    for (const log of [
      other,
      earlier,
      program,
      Buffer.from('x'),
      Buffer.from('a list of things to do\n'.repeat(500)),
      earlier.subarray(0, 20),
    ]) {
      writeFileSync(`${path}-wal`, log);
      expect(await refusalOf(path)).toEqual(isRefused);
      expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
      expect(readFileSync(path).equals(file)).toBe(true);
    }
    for (const log of [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(10_000)]) {
      writeFileSync(`${path}-wal`, log);
      expect(await idsIn(path)).toEqual(['a', 'b']);
    }
  });

  test('K6 of a newer copy, beside a file that was put back from an older one', async () => {
    await keep(path, 'a');
    const older = readFileSync(path);
    await keep(path, 'b');
    const log = await keep(path, 'c');
    writeFileSync(path, older);
    writeFileSync(`${path}-wal`, log);
    expect(await refusalOf(path)).toEqual(isRefused);
    rmSync(`${path}-wal`);
    expect(await idsIn(path)).toEqual(['a']);
  });
});

describe('a file that only looks like a journal', () => {
  const id = 'PRAGMA application_id = 0x4f464a4c';
  test.each([
    ['no format', id],
    ['a format below the first', `${id}; PRAGMA user_version = -1; CREATE TABLE job (x)`],
    ['no tables, of the first format', `${id}; PRAGMA user_version = 1`],
    ['no tables, of the newest format', `${id}; PRAGMA user_version = 2`],
    ['tables of other columns', `${id}; PRAGMA user_version = 2; CREATE TABLE job (x)`],
  ])('K6 with its id and %s is damaged, and left as it is', async (_, sql) => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    const before = readFileSync(path);
    expect((await refusalOf(path)).code).toBe('journal_damaged');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('K6 one of a single byte is damaged, and so is a log beside it', async () => {
    const log = await keep(path, 'a');
    for (const beside of [undefined, log]) {
      writeFileSync(path, 'x');
      if (beside !== undefined) writeFileSync(`${path}-wal`, beside);
      expect((await refusalOf(path)).code).toBe('journal_damaged');
      expect(readFileSync(path, 'utf8')).toBe('x');
    }
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  test('K6 the database of another program with its own log is left as it is', async () => {
    const scratch = join(folder, 'scratch.sqlite');
    const foreign = new DatabaseSync(scratch);
    foreign.exec(
      'PRAGMA journal_mode = WAL; CREATE TABLE invoice (id); INSERT INTO invoice VALUES (7)',
    );
    const copies = ['', '-wal'].map((end) => [end, readFileSync(`${scratch}${end}`)] as const);
    foreign.close();
    rmSync(scratch);
    for (const [end, bytes] of copies) writeFileSync(`${path}${end}`, bytes);
    expect((await refusalOf(path)).details.reason).toBe('foreign');
    for (const [end, bytes] of copies) {
      expect(readFileSync(`${path}${end}`).equals(bytes)).toBe(true);
    }
    expect(readdirSync(folder).sort()).toEqual(['jobs.sqlite', 'jobs.sqlite-wal']);
  });
});

describe('a path that leads nowhere', () => {
  test.skipIf(isWindows)('K6 links in a circle and to nothing are told as such', async () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    for (const place of ['a', 'a/jobs.sqlite', 'a/deeper/jobs.sqlite']) {
      const { code, details, message } = await refusalOf(join(folder, place));
      expect([code, details.reason]).toEqual(['journal_failed', 'cannot_open']);
      expect(message).toContain('links on the way to it go in a circle');
    }
    symlinkSync('no/such', join(folder, 'gone'));
    for (const place of ['gone', 'gone/jobs.sqlite', 'gone/deeper/jobs.sqlite']) {
      const { code, details, message } = await refusalOf(join(folder, place));
      expect([code, details.reason]).toEqual(['journal_failed', 'cannot_open']);
      expect(message).toContain(
        `${join(folder, 'gone')} is a link, and what it leads to is not there`,
      );
    }
    expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'gone']);
  });

  test.skipIf(isWindows)('K6 a link to a file that is to be made is a path as any', async () => {
    mkdirSync(join(folder, 'disk'));
    symlinkSync('disk/jobs.sqlite', path);
    const journal = sqliteJournal(path);
    await journal.open();
    await journal.write(admitted('a'));
    // Whoever comes by another name hears who has it.
    const file = join(folder, 'disk', 'jobs.sqlite');
    expect((await refusalOf(file)).details).toMatchObject({ pid: process.pid });
    rmSync(`${file}-wal`);
    await expect(journal.write(admitted('b'))).rejects.toMatchObject({
      details: { reason: 'deleted', path, file: `${file}-wal` },
    });
    await journal.close();
  });

  test('K6 a name that is too long is told as such, and so is a file for a folder', async () => {
    const long = await refusalOf(join(folder, 'x'.repeat(300)));
    expect([long.code, long.details.reason]).toEqual(['journal_failed', 'cannot_open']);
    writeFileSync(join(folder, 'file'), 'x');
    const below = await refusalOf(join(folder, 'file', 'jobs.sqlite'));
    expect([below.code, below.details.reason]).toEqual(['journal_failed', 'cannot_open']);
    if (isWindows) return;
    expect(long.message).toContain('longer than can be');
    expect(below.message).toContain('what its path has for a folder is none');
  });
});

describe('who has a journal', () => {
  test('K6 a holder that has ended is not named, nor is what names nobody', async () => {
    const { pid } = spawnSync(process.execPath, ['--eval', '']);
    await keep(path);
    const holding = new DatabaseSync(path);
    holding.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const since = new Date().toISOString();
    for (const said of [
      JSON.stringify({ pid, host: hostname(), since }),
      JSON.stringify({ pid: 0, host: hostname(), since }),
      JSON.stringify({ pid: -1, host: 'another', since }),
      'null',
      '{',
    ]) {
      writeFileSync(`${path}-holder`, said);
      const { code, message, details } = await refusalOf(path);
      expect([code, Object.keys(details)]).toEqual(['locked', ['path']]);
      expect(message).toContain('A process that has not said which it is has the journal');
    }
    // Nobody here can see whether a process of another machine is there.
    writeFileSync(`${path}-holder`, JSON.stringify({ pid, host: 'another', since }));
    expect((await refusalOf(path)).details).toMatchObject({ pid, host: 'another', since });
    holding.close();
  });
});
