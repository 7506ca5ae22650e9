import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JournalThreadOptions } from '../shared/wire.ts';
import { JournalFile } from './journal-file.ts';
import { loadSqlite } from './load-sqlite.ts';
import { type Migration, migrations, readPragma } from './schema.ts';

let folder = '';
let options: JournalThreadOptions;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  const path = join(folder, 'jobs.sqlite');
  options = { path, maxKept: 10, lockTimeoutMs: 0, synchronous: 'full' };
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more: Partial<JournalThreadOptions> = {}, steps?: readonly Migration[]) =>
  JournalFile.open({ ...options, ...more }, () => undefined, steps);

function formatOf(steps?: readonly Migration[]): number {
  const file = open({}, steps);
  const format = readPragma(file.database, 'user_version');
  file.close();
  return format;
}

describe('the file of a journal', () => {
  test('K2 each transaction is synced, unless it is asked for less', () => {
    for (const [synchronous, level] of [
      ['full', 2],
      ['normal', 1],
    ] as const) {
      const file = open({ synchronous });
      expect(readPragma(file.database, 'synchronous')).toBe(level);
      expect(readPragma(file.database, 'fullfsync')).toBe(1);
      file.close();
    }
  });

  test('K6 migrations run in order, once, in one transaction', () => {
    const ran: string[] = [];
    const newest = migrations.length;
    const second: Migration = (database) => {
      ran.push('second');
      database.exec('ALTER TABLE job ADD COLUMN colour TEXT');
    };
    const third: Migration = () => {
      ran.push('third');
      throw new Error('no');
    };
    expect(formatOf()).toBe(newest);
    expect(() => open({}, [...migrations, second, third])).toThrow('cannot be used');
    expect(ran).toEqual(['second', 'third']);
    expect(formatOf()).toBe(newest);
    const file = open();
    expect(
      file.database
        .prepare('SELECT * FROM job')
        .columns()
        .map(({ name }) => name),
    ).not.toContain('colour');
    file.close();
    expect(formatOf([...migrations, second])).toBe(newest + 1);
    expect(formatOf([...migrations, second])).toBe(newest + 1);
    expect(ran).toEqual(['second', 'third', 'second']);
    expect(() => open()).toThrow('newer version');
  });

  test('K6 who waits for it looks at its log once, and again when it is free', () => {
    const first = open();
    const looks = (act: (steps: readonly string[]) => void): number => {
      const steps: string[] = [];
      const onStep = (step: string): void => {
        steps.push(step);
        act(steps);
      };
      const waiting = { ...options, lockTimeoutMs: 500 };
      try {
        JournalFile.open(waiting, onStep).close();
      } catch (error) {
        expect(error).toMatchObject({ code: 'locked' });
      }
      return steps.filter((step) => step === 'open: examined').length;
    };
    // What is written meanwhile is no reason to look again.
    expect(looks(() => first.transaction(() => {}))).toBe(1);
    // Closed between the look and the lock.
    expect(looks((steps) => steps.at(-1) === 'open: examined' && first.close())).toBe(1);
    expect(looks(() => {})).toBe(1);
  });

  test('K8 what lies free is given back, in portions', () => {
    const file = open();
    const insert = file.database.prepare(
      'INSERT INTO large (key, bytes) VALUES (?, zeroblob(4000))',
    );
    file.transaction(() => {
      for (let key = 0; key < 6000; key += 1) insert.run(key);
    });
    expect(file.hasSlack).toBe(false);
    file.transaction(() => file.database.exec('DELETE FROM large WHERE key > 10'));
    let portions = 0;
    for (; file.hasSlack; portions += 1) file.shrink();
    expect(portions).toBeGreaterThan(5);
    file.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(statSync(options.path).size).toBeLessThan(8 * 1024 * 1024);
    file.close();
  });
});

describe('node:sqlite', () => {
  test('K1 only its own warning is left out, and only while it is loaded', () => {
    const { emitWarning } = process;
    const warned: unknown[] = [];
    const listen = (...args: readonly unknown[]): void => void warned.push(args[0]);
    const getBuiltinModule = process.getBuiltinModule;
    process.emitWarning = listen;
    process.getBuiltinModule = ((name: string) => {
      process.emitWarning(
        'SQLite is an experimental feature and might change',
        'ExperimentalWarning',
      );
      process.emitWarning('another', 'ExperimentalWarning');
      return Reflect.apply(getBuiltinModule, process, [name]);
    }) as typeof getBuiltinModule;
    try {
      loadSqlite('a path');
      expect(warned).toEqual(['another']);
      expect(process.emitWarning).toBe(listen);
      process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
      expect(() => loadSqlite('a path')).toThrow('Node.js 22.13');
      expect(process.emitWarning).toBe(listen);
    } finally {
      process.emitWarning = emitWarning;
      process.getBuiltinModule = getBuiltinModule;
    }
  });
});
