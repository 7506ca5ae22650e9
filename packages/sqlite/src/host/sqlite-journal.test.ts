import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobJournal } from '@offstage/core/engine';
import { journalSuite } from '@offstage/core/testing';
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
