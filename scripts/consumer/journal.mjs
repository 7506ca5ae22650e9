// Keeps a job in a file, ends, and finds it again in the next process; nothing is printed on the way.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sqliteJournal } from '@offstage/sqlite';

const [, self, file] = process.argv;
if (file === undefined) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offstage-consumer-'));
  try {
    for (const kept of ['0', '1', '2']) {
      const child = spawnSync(process.execPath, [self, path.join(folder, 'jobs.sqlite')], {
        encoding: 'utf8',
      });
      assert.equal(child.stderr, '');
      assert.equal(child.stdout.trim(), kept);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else {
  const journal = sqliteJournal(file);
  const { jobs } = await journal.open();
  await journal.write({
    type: 'admitted',
    job: {
      id: `job-${jobs.length}`,
      owner: 'alice',
      name: 'count',
      input: { at: new Date(0) },
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
    },
  });
  // The first two close it, the third is left to end by itself, which an open journal does not hinder.
  if (jobs.length < 2) await journal.close();
  console.log(jobs.length);
}
