import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OffstageError } from '@offstage/core';
import type { JobJournal } from '@offstage/core/engine';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { admitted } from '../fixtures/kept-job.ts';
import { fill, smallDisk } from '../fixtures/small-disk.ts';
import { sqliteJournal } from './host/sqlite-journal.ts';

const opener = fileURLToPath(new URL('../fixtures/open-journal.ts', import.meta.url));
const nobody = '65534';
const isRoot = process.getuid?.() === 0;

let folder = '';
let path = '';
const journals: JobJournal[] = [];
const mounts: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  chmodSync(folder, 0o755);
  path = join(folder, 'jobs.sqlite');
});
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.close().catch(() => undefined);
  for (const mounted of mounts.splice(0)) execFileSync('umount', [mounted]);
  rmSync(folder, { recursive: true, force: true });
});

function journalAt(place: string | URL = path): JobJournal {
  const journal = sqliteJournal(place);
  journals.push(journal);
  return journal;
}

async function openAt(place: string | URL = path): Promise<JobJournal> {
  const journal = journalAt(place);
  await journal.open();
  return journal;
}

async function keep(...ids: readonly string[]): Promise<void> {
  const journal = await openAt();
  for (const id of ids) await journal.write(admitted(id));
  await journal.close();
}

async function idsIn(place: string = path): Promise<readonly string[]> {
  const journal = journalAt(place);
  const { jobs } = await journal.open();
  await journal.close();
  return jobs.map(({ id }) => id);
}

async function errorOf(work: Promise<unknown>): Promise<OffstageError> {
  const error = await work.then(
    () => new Error('It was to be refused.'),
    (reason: unknown) => reason,
  );
  if (!OffstageError.isInstance(error)) throw error;
  return error;
}

const refusal = async (work: Promise<unknown>) => {
  const { code, details } = await errorOf(work);
  return [code, details.reason];
};

/** What another process says that tries to open it. */
async function openElsewhere(user?: string, ...flags: readonly string[]) {
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      ...flags,
      '--conditions=@offstage/source',
      opener,
      path,
      ...(user === undefined ? [] : [user]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

describe('a path that holds no journal', () => {
  test('K6 the folder is made, and a file: URL is a path too', async () => {
    const deep = join(folder, 'a', 'b', 'jobs.sqlite');
    await (await openAt(pathToFileURL(deep))).close();
    expect(existsSync(deep)).toBe(true);
  });

  test('K6 a folder, a socket and what lies below a file are refused', async () => {
    expect(await refusal(openAt(folder))).toEqual(['journal_failed', 'folder']);
    expect(await refusal(openAt('/dev/null'))).toEqual(['journal_failed', 'not_a_file']);
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(openAt(join(folder, 'file', 'jobs.sqlite')))).toEqual([
      'journal_failed',
      'cannot_open',
    ]);
  });

  // It is there, it may be entered, and nothing can be made in it.
  test.runIf(existsSync('/proc/self'))('K6 a folder that takes none is refused', async () => {
    for (const path of ['/proc/offstage/jobs.sqlite', '/proc/offstage/deeper/jobs.sqlite']) {
      expect(await refusal(openAt(path))).toEqual(['journal_failed', 'cannot_open']);
    }
  });

  test('K6 the database of another program is refused, and left as it is', async () => {
    const foreign = new DatabaseSync(path);
    // What a journal asks of a file of its own would be a change of this one.
    foreign.exec('PRAGMA auto_vacuum = FULL');
    foreign.exec('CREATE TABLE invoice (id INTEGER); INSERT INTO invoice VALUES (7)');
    foreign.close();
    const before = readFileSync(path);
    expect(await refusal(openAt())).toEqual(['journal_failed', 'foreign']);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['jobs.sqlite']);
  });

  test('K6 a text is refused, and left as it is', async () => {
    writeFileSync(path, 'a list of things to do\n'.repeat(1000));
    expect((await errorOf(openAt())).code).toBe('journal_damaged');
    expect(statSync(path).size).toBe(23_000);
  });

  test('K1 a Node.js without node:sqlite is told, and needs nothing else that is new', async () => {
    const { said } = await openElsewhere(
      undefined,
      '--no-experimental-sqlite',
      // As Node.js 20 is.
      '--import=data:text/javascript,delete Promise.withResolvers',
    );
    expect(said).toContain('"reason":"no_sqlite"');
    expect(existsSync(path)).toBe(false);
  });

  test('K1 options that make no sense are refused at once', () => {
    const refused = (place: unknown, options: object): unknown => {
      try {
        sqliteJournal(place as string, options);
        return 'taken';
      } catch (error) {
        return OffstageError.isInstance(error) ? error.details.option : error;
      }
    };
    expect(refused('', {})).toBe('path');
    expect(refused(7, {})).toBe('path');
    expect(refused('a\u0000b', {})).toBe('path');
    expect(refused(new URL('https://example.com/'), {})).toBe('path');
    expect(refused(path, { maxKept: -1 })).toBe('maxKept');
    expect(refused(path, { lockTimeoutMs: Number.NaN })).toBe('lockTimeoutMs');
    expect(refused(path, { synchronous: 'off' })).toBe('synchronous');
  });
});

describe('a journal that was changed from outside', () => {
  test('K6 one of a newer format is refused, and left as it is', async () => {
    await keep('job');
    change('PRAGMA user_version = 99');
    const error = await errorOf(openAt());
    expect(error.code).toBe('journal_newer');
    change('PRAGMA user_version = 1');
    expect(await idsIn()).toEqual(['job']);
  });

  test('K6 a value of a newer format is refused, and nothing is lost', async () => {
    await keep('job');
    change(`UPDATE job SET input = x'03ff0f30'`);
    expect((await errorOf(openAt())).code).toBe('journal_newer');
    change(`UPDATE job SET input = x'01ffff30'`);
    expect((await errorOf(openAt())).code).toBe('journal_newer');
    change(`UPDATE job SET input = x'01ff0f30'`);
    expect(await idsIn()).toEqual(['job']);
  });

  test('K6 a value that is torn or gone is told as damage', async () => {
    await keep('job');
    change(`UPDATE job SET input = x'01ff0f6f22'`);
    expect((await errorOf(openAt())).code).toBe('journal_damaged');
    change('UPDATE job SET input = NULL');
    expect((await errorOf(openAt())).code).toBe('journal_damaged');
  });

  test('K6 a file that is torn is told as damage, and so is one with bytes of another', async () => {
    const journal = await openAt();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => journal.write(admitted(`job-${i}`, 'x'.repeat(1500)))),
    );
    await journal.close();
    const whole = readFileSync(path);
    truncateSync(path, Math.floor(whole.byteLength / 8192) * 4096);
    expect((await errorOf(openAt())).code).toBe('journal_damaged');
    writeFileSync(path, whole.fill(0xa5, 8192, whole.byteLength));
    expect((await errorOf(openAt())).code).toBe('journal_damaged');
  });

  test('K6 a copy of a closed journal is a journal, also with what its holder left', async () => {
    await keep('job');
    copyFileSync(path, join(folder, 'copy.sqlite'));
    writeFileSync(
      join(folder, 'copy.sqlite-holder'),
      '{"pid":1,"host":"another","since":"2020-01-01T00:00:00.000Z"}',
    );
    expect(await idsIn(join(folder, 'copy.sqlite'))).toEqual(['job']);
  });

  function change(sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  }
});

describe('a journal that somebody has', () => {
  test('K6 another process hears who holds it, and gets it when that is killed', async () => {
    const { child, said } = await openElsewhere();
    expect(said).toBe('open');
    const error = await errorOf(openAt());
    expect(error.code).toBe('locked');
    expect(error.details).toMatchObject({ pid: child.pid, host: hostname(), path });
    expect(Date.parse(String(error.details.since))).toBeGreaterThan(0);
    expect(error.message).toContain(String(child.pid));
    expect(error.message).toMatch(/End that process, or give lockTimeoutMs/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await idsIn()).toEqual([]);
  });

  test('K6 it is refused to another process and under another name of the file', async () => {
    await openAt();
    expect((await openElsewhere()).said).toContain('"code":"locked"');
    symlinkSync(path, join(folder, 'link.sqlite'));
    const own = await errorOf(openAt(join(folder, 'link.sqlite')));
    expect(own.code).toBe('locked');
    // Nobody is told to end the process that asks.
    expect(own.message).toMatch(/^This process, since .*lockTimeoutMs/);
    expect(own.message).not.toContain('End that process');
    expect((await openElsewhere()).said).toContain(`"pid":${process.pid}`);
  });

  test('K6 who waits gets it when it is closed', async () => {
    const first = await openAt();
    const second = sqliteJournal(path, { lockTimeoutMs: 60_000 });
    journals.push(second);
    const opened = second.open();
    await first.write(admitted('job'));
    await first.close();
    expect((await opened).jobs.map(({ id }) => id)).toEqual(['job']);
  });

  test('K6 a file that was removed while it is open is told, and takes no more', async () => {
    const journal = await openAt();
    await journal.write(admitted('before'));
    rmSync(path);
    const deleted = { code: 'journal_failed', details: { reason: 'deleted', path, file: path } };
    expect(await errorOf(journal.write(admitted('after')))).toMatchObject(deleted);
    expect(journal.health()).toMatchObject({ writable: false, error: { code: 'journal_failed' } });
    expect(await errorOf(journal.write(admitted('later')))).toMatchObject(deleted);
  });

  test('K6 so is one in the place of which is another, and a log that was removed', async () => {
    const journal = await openAt();
    await journal.write(admitted('before'));
    renameSync(path, `${path}.old`);
    writeFileSync(path, '');
    const replaced = await errorOf(journal.write(admitted('after')));
    expect(replaced.details).toEqual({ reason: 'deleted', path, file: path });
    const file = join(folder, 'other.sqlite');
    const other = await openAt(file);
    await other.write(admitted('before'));
    rmSync(`${file}-wal`);
    const removed = await errorOf(other.write(admitted('after')));
    expect(removed.details).toEqual({ reason: 'deleted', path: file, file: `${file}-wal` });
    expect(removed.message).toContain(`${file}-wal was removed`);
    // A log that is open is written back when it is closed, whatever its name.
    await other.close();
    const next = journalAt(file);
    expect((await next.open()).jobs.map(({ id }) => id)).toContain('before');
  });
});

describe('a journal that may not be written', () => {
  test('K6 a file without permission is told', async (context) => {
    if (!isRoot) context.skip('needs root to be somebody else');
    await keep('job');
    expect((await openElsewhere(nobody)).said).toContain('"reason":"read_only"');
    chmodSync(path, 0o000);
    expect((await openElsewhere(nobody)).said).toMatch(/"reason":"(denied|cannot_open)"/);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    path = join(empty, 'jobs.sqlite');
    expect((await openElsewhere(nobody)).said).toMatch(/"reason":"(denied|cannot_open)"/);
  });

  for (const [log, taken] of [
    ['whose log has its size', 0],
    ['with no room to lay out the log', 7 * 1024 * 1024],
  ] as const) {
    test(`K6 a full disk, ${log}, refuses new jobs, keeps how others end, and is over when there is room`, async (context) => {
      const disk = smallDisk(folder, context, mounts);
      writeFileSync(join(disk, 'taken'), new Uint8Array(taken));
      const journal = await openAt(join(disk, 'jobs.sqlite'));
      expect(statSync(join(disk, 'jobs.sqlite-wal')).size > 4_000_000).toBe(taken === 0);
      cpSync(disk, join(folder, 'killed'), { recursive: true });
      await journal.write(admitted('job'));
      const ballast = fill(disk);
      // What the log has room for is kept, as it is on the disk already.
      const kept: string[] = [];
      const large = (id: string, length = 500_000) => admitted(id, 'x'.repeat(length));
      let error: unknown;
      while (error === undefined) {
        const id = `large-${kept.length}`;
        error = await journal.write(large(id)).then(
          () => void kept.push(id),
          (reason: unknown) => reason,
        );
      }
      expect(error).toMatchObject({ code: 'journal_full' });
      expect(kept.length > 0).toBe(taken === 0);
      expect(journal.health()).toMatchObject({ writable: false, error: { code: 'journal_full' } });
      truncateSync(ballast, statSync(ballast).size - 64 * 1024);
      const refused = errorOf(journal.write(large('last', 1_000_000)));
      const ended = journal.write({ type: 'ended', id: 'job', at: 1, status: 'canceled' });
      expect((await refused).code).toBe('journal_full');
      await ended;
      rmSync(ballast);
      rmSync(join(disk, 'taken'));
      for (const id of kept) await journal.write({ type: 'released', id });
      await journal.write(large('last'));
      expect(journal.health()).toEqual({ writable: true });
      await journal.close();
      const next = journalAt(join(disk, 'jobs.sqlite'));
      const { jobs } = await next.open();
      expect(jobs.map(({ id, status }) => [id, status])).toEqual([
        ['job', 'canceled'],
        ['last', 'queued'],
      ]);
      await next.close();
      // Where the log could not be laid out, there is none yet, and so none is missed.
      const killed = await openAt(join(folder, 'killed', 'jobs.sqlite'));
      await killed.close();
    });
  }
});
