import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OffstageError } from '@offstage/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRow, type Copy, copyOf, putFiles, rowsOf } from '../../fixtures/file-copies.ts';
import { JournalFile, type OnStep } from './journal-file.ts';
import { type Migration, migrations } from './schema.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  path = join(folder, 'jobs.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface How {
  readonly synchronous?: 'full' | 'normal';
  readonly onStep?: OnStep;
  readonly steps?: readonly Migration[];
}

const open = ({ synchronous = 'full', onStep = () => undefined, steps = migrations }: How = {}) =>
  JournalFile.open({ path, maxKept: 10, lockTimeoutMs: 0, synchronous }, onStep, steps);

/** What is found there, or the refusal. */
function foundAt({ file, log, holder }: Omit<Copy, 'content'>): string | OffstageError {
  putFiles(path, file, log, holder);
  try {
    const opened = open();
    const found = rowsOf(opened);
    opened.close();
    return found;
  } catch (error) {
    if (!OffstageError.isInstance(error)) throw error;
    return error;
  }
}

/** Keeps a row, as the thread does: in a transaction, after which the log is noted. */
function keep(file: JournalFile, bytes?: number): void {
  addRow(file, bytes);
  file.noteLog();
}

/** What SQLite does by itself after so many pages. */
const writeBack = (file: JournalFile): void => {
  file.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  file.noteLog();
};

/** What a process leaves that has kept some rows and is killed. */
function killed({ synchronous }: How = {}): Copy {
  const file = open({ synchronous: synchronous ?? 'full' });
  keep(file);
  keep(file);
  const copy = copyOf(path, rowsOf(file));
  file.close();
  return copy;
}

const withoutLog = (copy: Copy): Copy => ({ ...copy, log: undefined });
const refusal = expect.objectContaining({ code: 'journal_damaged' });

describe('a log that is gone', () => {
  test('K2 K6 K9 at whatever step a process is killed it is missed, and nothing is refused that is whole', () => {
    const moments: (Copy & { readonly step: string })[] = [];
    let durable = '';
    let file: JournalFile | undefined;
    const onStep: OnStep = (step) => {
      if (step === 'group: durable' && file !== undefined) durable = rowsOf(file);
      if (existsSync(path)) moments.push({ ...copyOf(path, durable), step });
    };
    for (const end of ['kill', 'close']) {
      file = open({ onStep });
      keep(file);
      keep(file, 9000);
      writeBack(file);
      moments.push({ ...copyOf(path, durable), step: 'written back' });
      keep(file);
      keep(file);
      moments.push({ ...copyOf(path, durable), step: 'noted' });
      const copy = copyOf(path, durable);
      file.close();
      if (end === 'kill') putFiles(path, copy.file, copy.log, copy.holder);
    }

    const unseen: string[] = [];
    let missed = 0;
    for (const moment of moments) {
      const { step, content } = moment;
      expect([step, foundAt(moment)]).toEqual([step, content]);
      if (moment.log === undefined) continue;
      const found = foundAt(withoutLog(moment));
      if (found instanceof Error) {
        expect([step, found]).toEqual([step, refusal]);
        missed += 1;
      } else if (found !== content) unseen.push(step);
    }
    expect(missed).toBeGreaterThan(10);
    // Between the first commit after a log was written back and its note, which comes before the next one.
    expect(new Set(unseen)).toEqual(new Set(['group: durable']));
    expect(unseen.length).toBe(2);
  });

  test('K6 it is told which one and what to do, and nothing is changed', () => {
    const { file, holder, content, log } = killed();
    const error = foundAt({ file, log: undefined, holder });
    if (!(error instanceof Error)) throw new Error('It was to be refused.');
    expect(error).toMatchObject({
      code: 'journal_damaged',
      details: { path, file: `${path}-wal` },
    });
    expect(String(error)).toContain('Put the log back');
    expect(String(error)).toContain(`or move ${path}-holder away`);
    expect(foundAt(copyOf(path, content))).toMatchObject({ message: String(error.message) });
    // Whoever asks SQLite for the lock gets an empty log made.
    expect(copyOf(path, content)).toEqual({ file, log: Buffer.alloc(0), holder, content });
    expect(foundAt({ file, log, holder })).toBe(content);
    expect(foundAt({ file, log: undefined, holder: undefined })).toBe('');
  });

  test('K6 whoever comes while the process is alive hears that it is locked, and a close loses nothing', () => {
    const file = open();
    keep(file);
    rmSync(`${path}-wal`);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'locked' }));
    const content = rowsOf(file);
    file.close();
    expect(foundAt(copyOf(path, ''))).toBe(content);
  });

  test('K2 K6 one that was emptied is gone, and one that a loss of power empties where it is not synced is not', () => {
    for (const synchronous of ['full', 'normal'] as const) {
      const copy = killed({ synchronous });
      if (copy.log === undefined) throw new Error('no log');
      for (const log of [Buffer.alloc(copy.log.length), copy.log.subarray(0, 4000)]) {
        expect(foundAt({ ...copy, log })).toEqual(synchronous === 'full' ? refusal : '');
      }
      expect(foundAt({ ...copy, log: Buffer.alloc(0) })).toEqual(refusal);
      for (const end of ['', '-wal', '-holder']) rmSync(`${path}${end}`);
    }
  });

  test('K6 another program may have taken it into the file', () => {
    const { file, log, holder, content } = killed();
    putFiles(path, file, log, holder);
    const other = new DatabaseSync(path);
    other.prepare('SELECT count(*) FROM job').get();
    other.close();
    const taken = copyOf(path, content);
    expect([taken.log, taken.holder]).toEqual([undefined, holder]);
    expect(foundAt(taken)).toBe(content);
  });

  test('K6 an opening that is refused once it has the lock may have taken it into the file', () => {
    const { file, log, holder, content } = killed();
    putFiles(path, file, log, holder);
    const fails: Migration = () => {
      throw new Error('no');
    };
    expect(() => open({ steps: [...migrations, fails] })).toThrow('cannot be used');
    const taken = copyOf(path, content);
    expect([taken.log, taken.holder]).toEqual([undefined, holder]);
    expect(foundAt(taken)).toBe(content);
  });

  test('K6 a close that is cut short leaves a note that says nothing, whatever was written back before', () => {
    const file = open();
    keep(file);
    writeBack(file);
    file.noteLog();
    const { holder, content } = copyOf(path, rowsOf(file));
    file.close();
    expect(foundAt({ file: readFileSync(path), log: undefined, holder })).toBe(content);
  });

  test('K6 a copy of another time is as it was, unless it is the one that the log went on from', () => {
    const first = killed();
    const closed = copyOf(path, first.content);
    const file = open();
    keep(file);
    const { holder } = copyOf(path, '');
    file.close();
    expect(foundAt({ ...first, holder })).toBe(first.content);
    expect(foundAt({ ...closed, holder })).toEqual(refusal);
    expect(foundAt(closed)).toBe(first.content);
  });

  test('K6 who has it is told by what an older version has written, and by what is torn', () => {
    const { file, holder } = killed();
    const { log, ...former } = JSON.parse(String(holder));
    expect(log).toMatchObject({ synced: true });
    for (const text of [
      JSON.stringify(former),
      '',
      'null',
      String(holder).slice(0, -20),
      JSON.stringify({ ...former, log: null }),
      JSON.stringify({ ...former, log: { ...log, after: 1 } }),
      JSON.stringify({ ...former, log: { ...log, synced: 'yes' } }),
    ]) {
      expect(foundAt({ file, log: undefined, holder: Buffer.from(text) })).toBe('');
    }
  });
});

describe('the note beside a journal', () => {
  test('K6 it says who has it and since when, whatever is noted of the log', () => {
    const file = open();
    const before = JSON.parse(readFileSync(`${path}-holder`, 'utf8'));
    keep(file);
    writeBack(file);
    keep(file);
    const after = JSON.parse(readFileSync(`${path}-holder`, 'utf8'));
    expect(after).toEqual({ ...before, log: { ...before.log, after: after.log.after } });
    expect(after.log.after).not.toBe(before.log.after);
    file.close();
    expect(existsSync(`${path}-holder`)).toBe(false);
  });

  test('K6 one that is removed, or cannot be written, is nothing that a journal stops for', () => {
    const file = open();
    rmSync(`${path}-holder`);
    writeBack(file);
    keep(file);
    expect(existsSync(`${path}-holder`)).toBe(false);
    writeFileSync(`${path}-holder`, 'x'.repeat(1000));
    truncateSync(`${path}-holder`);
    file.close();
    expect(foundAt(copyOf(path, ''))).toBe('1:10');
  });
});
