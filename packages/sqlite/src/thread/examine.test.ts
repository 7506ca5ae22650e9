import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OffstageError } from '@offstage/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addRow, type Copy, copyOf, putFiles, rowsOf } from '../../fixtures/file-copies.ts';
import { JournalFile, type OnStep } from './journal-file.ts';
import { migrations } from './schema.ts';

// `OFFSTAGE_LONG=1` for all pairs of moments, otherwise every third.
const long = process.env.OFFSTAGE_LONG === '1';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  path = join(folder, 'jobs.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (place = path, steps = migrations, onStep: OnStep = () => undefined) =>
  JournalFile.open(
    { path: place, maxKept: 10, lockTimeoutMs: 0, synchronous: 'normal' },
    onStep,
    steps,
  );

/** What is found there, or the code of the refusal. Another's copies are made from it, so nothing may be left. */
function foundAt(place: string): string {
  try {
    const file = open(place);
    const found = rowsOf(file);
    const [sound] = file.database.prepare('PRAGMA integrity_check').all();
    file.close();
    return sound?.integrity_check === 'ok' ? found : 'torn';
  } catch (error) {
    if (!OffstageError.isInstance(error)) throw error;
    return error.code;
  }
}

describe('a log beside a file', () => {
  let history: readonly Copy[] = [];
  beforeAll(() => {
    const scratch = mkdtempSync(join(tmpdir(), 'offstage-'));
    history = makeHistory(join(scratch, 'jobs.sqlite'));
    rmSync(scratch, { recursive: true });
  });
  afterAll(() => {
    history = [];
  });

  test('K6 K9 each moment of a journal is found as it was', () => {
    for (const { file, log, content } of history) {
      expect(foundAt(putFiles(path, file, log))).toBe(content);
    }
  });

  test('K6 a log of any other moment is refused, or goes on from there', () => {
    let refused = 0;
    for (const [at, { file, content }] of history.entries()) {
      for (const [from, other] of history.entries()) {
        if (from === at || other.log === undefined) continue;
        if (!long && (at * 7 + from) % 3 !== 0) continue;
        const found = foundAt(putFiles(path, file, other.log));
        if (found === 'journal_damaged') {
          expect(readFileSync(path).equals(file)).toBe(true);
          expect(readFileSync(`${path}-wal`).equals(other.log)).toBe(true);
          refused += 1;
          continue;
        }
        // It goes on from this file, as it was then; or it has nothing that the file has not.
        expect([content, other.content]).toContain(found);
      }
    }
    expect(refused).toBeGreaterThan(history.length);
  });

  test('K6 a log of another journal is refused, and of one that was made at the same time', () => {
    const other = join(folder, 'other.sqlite');
    const [mine, theirs] = [open(), open(other)];
    const created = [copyOf(path, ''), copyOf(other, '')];
    addRow(mine);
    addRow(theirs);
    const used = [copyOf(path, ''), copyOf(other, '')];
    mine.close();
    theirs.close();
    const [mineUsed, theirsUsed] = used;
    for (const first of [created[0], mineUsed]) {
      for (const second of [created[1], theirsUsed]) {
        if (first === undefined || second === undefined) throw new Error('no copy');
        expect(foundAt(putFiles(path, first.file, second.log))).toBe('journal_damaged');
        expect(foundAt(putFiles(path, second.file, first.log))).toBe('journal_damaged');
      }
    }
  });

  test('K6 a log that is cut or torn after it was written back in part is refused', () => {
    const file = open();
    for (let round = 0; round < 5; round += 1) addRow(file, 100_000);
    file.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    const { file: bytes, log, content } = copyOf(path, rowsOf(file));
    file.close();
    if (log === undefined) throw new Error('no log');
    expect(foundAt(putFiles(path, bytes, log))).toBe(content);
    for (const at of [32 + 30, 32 + 4120 + 10, 40_000, 200_000]) {
      const torn = Buffer.from(log);
      torn[at] = (torn[at] ?? 0) ^ 0xff;
      const found = foundAt(putFiles(path, bytes, torn));
      // Without any commit it is as good as none, and the file has them all.
      expect(['journal_damaged', content]).toContain(found);
    }
  });

  test('K6 K8 a log from before room was given back is refused', () => {
    const file = open();
    for (let round = 0; round < 3; round += 1) addRow(file, 3_000_000);
    file.transaction(() => file.database.exec('DELETE FROM large WHERE key < 3'));
    const { log } = copyOf(path, '');
    file.shrink();
    file.close();
    expect(foundAt(putFiles(path, readFileSync(path), log))).toBe('journal_damaged');
  });

  test('K6 a journal that had no marks gets them, at whatever moment it is killed', () => {
    const former = migrations.slice(0, 1);
    const old = new DatabaseSync(path);
    old.exec('PRAGMA auto_vacuum = INCREMENTAL; BEGIN');
    former[0]?.(old);
    old.exec('PRAGMA user_version = 1; COMMIT; PRAGMA journal_mode = WAL');
    old.exec('INSERT INTO large (bytes) VALUES (zeroblob(10000))');
    const before = copyOf(path, '1:10000');
    old.close();
    expect(foundAt(putFiles(path, before.file, before.log))).toBe('1:10000');
    let migrated = before;
    const file = open(putFiles(path, before.file, before.log), migrations, (step) => {
      if (step === 'open: format kept') migrated = copyOf(path, '1:10000');
    });
    // The log is written back by then.
    const halfWay = copyOf(path, '1:10000');
    file.close();
    expect(foundAt(putFiles(path, migrated.file, migrated.log))).toBe('1:10000');
    expect(foundAt(putFiles(path, halfWay.file, halfWay.log))).toBe('1:10000');
    // Killed between two pages of the first that is written back, which come in any order after a loss of power.
    const pages = changedPages(migrated.file, halfWay.file);
    expect(pages.length).toBeGreaterThan(2);
    for (const order of [pages, pages.toReversed()]) {
      for (let count = 1; count < order.length; count += 1) {
        const some = withPages(migrated.file, halfWay.file, order.slice(0, count));
        expect(foundAt(putFiles(path, some, migrated.log))).toBe('1:10000');
      }
    }
  });

  test('K6 a log that was written on a machine of the other order of bytes is read', () => {
    const file = open();
    addRow(file);
    const { file: bytes, log, content } = copyOf(path, rowsOf(file));
    file.close();
    if (log === undefined) throw new Error('no log');
    expect(foundAt(putFiles(path, bytes, inOtherOrder(log)))).toBe(content);
  });

  test('K6 what a rollback journal beside it would undo is refused, and left', () => {
    const other = join(folder, 'other.sqlite');
    const theirs = new DatabaseSync(other);
    theirs.exec('PRAGMA cache_size = 1; CREATE TABLE t (x); BEGIN');
    theirs.exec('INSERT INTO t VALUES (zeroblob(1000000))');
    copyFileSync(`${other}-journal`, `${path}-journal`);
    theirs.close();
    const rollback = readFileSync(`${path}-journal`);
    const file = open(join(folder, 'mine.sqlite'));
    addRow(file);
    const content = rowsOf(file);
    file.close();
    copyFileSync(join(folder, 'mine.sqlite'), path);
    expect(foundAt(path)).toBe('journal_damaged');
    expect(readFileSync(`${path}-journal`).equals(rollback)).toBe(true);
    rmSync(`${path}-journal`);
    expect(foundAt(path)).toBe(content);
    for (const harmless of ['', '\u0000'.repeat(512)]) {
      writeFileSync(`${path}-journal`, harmless);
      expect(foundAt(path)).toBe(content);
    }
  });

  test('K6 what SQLite would take for an empty log is refused unless it is empty', () => {
    const file = open();
    addRow(file);
    const content = rowsOf(file);
    const { log } = copyOf(path, content);
    file.close();
    const whole = readFileSync(path);
    if (log === undefined) throw new Error('no log');
    const zeros = Buffer.alloc(5000);
    for (const taken of [Buffer.alloc(0), Buffer.alloc(1), zeros]) {
      expect(foundAt(putFiles(path, whole, taken))).toBe(content);
    }
    const torn = [
      Buffer.from('a'),
      Buffer.from('a list of things to do\n'.repeat(100)),
      log.subarray(0, 31),
      Buffer.concat([zeros, Buffer.from('a')]),
      Buffer.concat([Buffer.alloc(32), log.subarray(32)]),
      ...[0, 5, 9, 13, 17, 25].map((at) => {
        const changed = Buffer.from(log);
        changed[at] = (changed[at] ?? 0) ^ 1;
        return changed;
      }),
    ];
    for (const bytes of torn) {
      expect(foundAt(putFiles(path, whole, bytes))).toBe('journal_damaged');
      expect(readFileSync(`${path}-wal`).equals(bytes)).toBe(true);
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
    // Its header alone, and less than a page.
    expect(foundAt(putFiles(path, whole, log.subarray(0, 32)))).toBe(content);
    expect(foundAt(putFiles(path, whole, log.subarray(0, 4000)))).toBe(content);
  });
});

/** Opens it again and again, with ends of all kinds, until the log has begun anew a few times. */
function makeHistory(place: string): Copy[] {
  const copies: Copy[] = [];
  const keep = (file: JournalFile): void => void copies.push(copyOf(place, rowsOf(file)));
  for (let round = 0; round < 2; round += 1) {
    let file = open(place);
    keep(file);
    for (let step = 0; step < 2; step += 1) {
      addRow(file);
      keep(file);
    }
    // As after a kill.
    const { file: bytes, log } = copyOf(place, '');
    file.close();
    file = open(putFiles(place, bytes, log));
    keep(file);
    addRow(file, 3_000_000);
    addRow(file, 3_000_000);
    keep(file);
    file.transaction(() => file.database.exec('DELETE FROM large WHERE length(bytes) > 1000'));
    file.shrink();
    keep(file);
    addRow(file);
    file.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    keep(file);
    addRow(file);
    keep(file);
    const content = rowsOf(file);
    file.close();
    copies.push(copyOf(place, content));
  }
  return copies;
}

const pageBytes = 4096;
const pageOf = (file: Buffer, page: number): Buffer =>
  file.subarray(page * pageBytes, (page + 1) * pageBytes);

function changedPages(from: Buffer, to: Buffer): number[] {
  return Array.from({ length: to.length / pageBytes }, (_, page) => page).filter(
    (page) => !pageOf(from, page).equals(pageOf(to, page)),
  );
}

/** The file to which only these pages were written. */
function withPages(from: Buffer, to: Buffer, pages: readonly number[]): Buffer {
  const end = Math.max(...pages.map((page) => (page + 1) * pageBytes), from.length);
  const file = Buffer.alloc(end);
  from.copy(file);
  for (const page of pages) pageOf(to, page).copy(file, page * pageBytes);
  return file;
}

/** As a machine of the other order would have written it. */
function inOtherOrder(log: Buffer): Buffer {
  const other = Buffer.from(log);
  const isBig = log.readUInt32BE(0) === 0x377f0683;
  other.writeUInt32BE(isBig ? 0x377f0682 : 0x377f0683, 0);
  const word = (at: number): number => (isBig ? other.readUInt32LE(at) : other.readUInt32BE(at));
  let [first, second] = [0, 0];
  const sum = (from: number, to: number): void => {
    for (let at = from; at < to; at += 8) {
      first = (first + word(at) + second) >>> 0;
      second = (second + word(at + 4) + first) >>> 0;
    }
  };
  const write = (at: number): void => {
    other.writeUInt32BE(first, at);
    other.writeUInt32BE(second, at + 4);
  };
  sum(0, 24);
  write(24);
  for (let at = 32; at + 4120 <= other.length; at += 4120) {
    sum(at, at + 8);
    sum(at + 24, at + 4120);
    write(at + 16);
  }
  return other;
}
