import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JobJournal, KeptJob } from '@offstage/core/engine';

/** Runs it with a folder of its own, which goes afterwards. */
export async function inScratch<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const jobOf = (number: number, more: Partial<KeptJob> = {}): KeptJob => ({
  id: `job-${String(number).padStart(18, '0')}`,
  owner: 'alice',
  name: 'noop',
  input: { n: number },
  priority: 0,
  createdAt: Date.now(),
  availableAt: null,
  status: 'queued',
  attempt: 1,
  startedAt: null,
  endedAt: null,
  stopReason: null,
  progress: null,
  discarded: true,
  ...more,
});

/** The three changes of a job that succeeds, each durable before the next. */
export async function threeChanges(journal: JobJournal, number: number): Promise<void> {
  const job = jobOf(number);
  const { id } = job;
  await journal.write({ type: 'admitted', job });
  await journal.write({ type: 'started', id, attempt: 1, at: Date.now() });
  await journal.write({ type: 'ended', id, at: Date.now(), status: 'succeeded', result: number });
}

export interface BareTable {
  insert(number: number): void;
  start(number: number): void;
  end(number: number): void;
  transaction(run: () => void): void;
  close(): void;
}

/** What one would write by hand: one table, found by id, each transaction with its sync. */
export function bareTable(file: string): BareTable {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE job (id TEXT PRIMARY KEY, owner TEXT, name TEXT, input TEXT, status TEXT,
      attempt INTEGER, created_at INTEGER, started_at INTEGER, ended_at INTEGER, result TEXT);
  `);
  const insert = database.prepare(
    `INSERT INTO job (id, owner, name, input, status, attempt, created_at) VALUES (?, ?, ?, ?, 'queued', 1, ?)`,
  );
  const start = database.prepare(`UPDATE job SET status = 'running', started_at = ? WHERE id = ?`);
  const end = database.prepare(
    `UPDATE job SET status = 'succeeded', ended_at = ?, result = ? WHERE id = ?`,
  );
  const idOf = (number: number): string => jobOf(number).id;
  return {
    insert: (n) => void insert.run(idOf(n), 'alice', 'noop', JSON.stringify({ n }), Date.now()),
    start: (n) => void start.run(Date.now(), idOf(n)),
    end: (n) => void end.run(Date.now(), JSON.stringify(n), idOf(n)),
    transaction(run) {
      database.exec('BEGIN IMMEDIATE');
      run();
      database.exec('COMMIT');
    },
    close: () => database.close(),
  };
}

/** All files of a journal together, in bytes. */
export function bytesOf(file: string): number {
  let bytes = 0;
  for (const suffix of ['', '-wal', '-holder']) {
    bytes += statSync(`${file}${suffix}`, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
