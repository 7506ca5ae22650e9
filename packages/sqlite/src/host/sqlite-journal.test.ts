import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobJournal } from '@offstage/core/engine';
import { hostileArguments, hostileOptions, journalSuite, outcomeOf } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { sqliteJournal } from './sqlite-journal.ts';

journalSuite(
  { describe, test, expect },
  {
    name: 'sqliteJournal',
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), 'offstage-'));
      const journals: JobJournal[] = [];
      return {
        journal: (settings) => {
          const journal = sqliteJournal(join(folder, 'jobs.sqlite'), settings);
          journals.push(journal);
          return journal;
        },
        async dispose() {
          for (const journal of journals) await journal.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
);

test.each([':memory:', 'file::memory:?cache=shared'])(
  'K1 %s is no place to keep jobs, and the error says what to use instead',
  (path) => {
    expect(() => sqliteJournal(path)).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining('memoryJournal()'),
        details: { option: 'path' },
      }),
    );
  },
);

test.each(hostileOptions({ maxKept: 1, lockTimeoutMs: 0, synchronous: 'full' }))(
  'F1 K1 options that are none or throw are a coded error: $name',
  async ({ options }) => {
    const open = (): unknown => sqliteJournal('unused.sqlite', options as object);
    expect(await outcomeOf(open)).toMatch(/^(fine|invalid_option)$/);
  },
);

test.each(hostileArguments())(
  'F1 K1 a path that is none is a coded error: $name',
  async ({ options }) => {
    const open = (): unknown => sqliteJournal(options as string);
    expect(await outcomeOf(open)).toMatch(/^(fine|invalid_option)$/);
  },
);
