import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobJournal } from '@offstage/core/engine';
import { hostileArguments, hostileOptions, journalSuite, outcomeOf } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { admitted } from '../../fixtures/kept-job.ts';
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

test('K8 the file shrinks again when jobs go, while others come', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  const path = join(folder, 'jobs.sqlite');
  const journal = sqliteJournal(path);
  await journal.open();
  const ids = Array.from({ length: 12 }, (_, index) => `large-${index}`);
  await journal.write(...ids.map((id) => admitted(id, 'x'.repeat(900_000))));
  await journal.write(...ids.map((id) => ({ type: 'released' as const, id })));
  // After each group some is given back, as much as lies free beyond what is soon used again.
  for (let write = 0; write < 8; write += 1) await journal.write(admitted(`small-${write}`));
  await journal.close();
  expect(statSync(path).size).toBeLessThan(5_000_000);
  rmSync(folder, { recursive: true });
});

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
