import { randomBytes } from 'node:crypto';
import { serialize } from 'node:v8';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { maxKeptBytes } from '@offstage/core/engine';
import { memoryJournal } from '@offstage/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { changeWork } from '../../change/change-work.ts';
import { readUploads } from '../../reading/read-job.ts';
import { defaultUploadLimits } from '../uploads/upload-store.ts';
import { type KeptState, keepChanges } from './kept-changes.ts';

const me = 'a'.repeat(32);
const input = {
  dataFolder: '/once/here',
  uploads: { session: me, ids: ['u1', 'u2'] },
  remove: ['d1'],
};

/** A server's manager over a journal; a change tells where it works, and ends when it is stopped. */
function open(journal: ReturnType<typeof memoryJournal>, dataFolder = '/once/here') {
  const states: KeptState[] = [];
  const folders: string[] = [];
  const manager = new JobManager({
    executor: new InlineExecutor([
      handle(changeWork, ({ input, signal }) => {
        folders.push(input.dataFolder);
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
      }),
      handle(readUploads, () => ({ read: 1 })),
    ]),
    definitions: [changeWork],
    journal: keepChanges(journal, dataFolder, (kept) => states.push(kept)),
  });
  onTestFinished(async () => void (await manager.shutdown({ graceMs: 0 })));
  return { manager, states, folders };
}

test('D7 K2 what is read ahead leaves nothing behind, and of a change is told what it has taken', async () => {
  const journal = memoryJournal();
  const before = open(journal);
  const ahead = before.manager.forOwner('read-ahead');
  const reading = await ahead.start(readUploads, { files: [] });
  const jobs = before.manager.forOwner(me);
  const { id } = await jobs.start(changeWork, input, { idempotencyKey: 'key' });
  expect((await ahead.wait(reading.id)).status).toBe('succeeded');
  expect(await ahead.consume(reading.id)).toBe(true);

  const disk = journal.afterKill();
  const { jobs: kept } = await disk.open();
  expect(kept.map(({ name }) => name)).toEqual([changeWork.name]);
  await disk.close();
  const after = open(disk.afterKill());
  await after.manager.ready();
  expect(after.states).toEqual([
    {
      taken: new Set(['u1', 'u2']),
      changes: [
        {
          ...{ jobId: id, session: me, since: expect.any(Number), isActive: true },
          ...{ asked: { add: ['u1', 'u2'], remove: ['d1'], retry: [] }, idempotencyKey: 'key' },
        },
      ],
    },
  ]);
});

test('D7 a data folder that was moved meanwhile is the one in which a change goes on', async () => {
  const journal = memoryJournal();
  const { id } = await open(journal).manager.forOwner(me).start(changeWork, input);
  const after = open(journal.afterKill(), '/now/there');
  expect(await after.manager.forOwner(me).get(id)).toMatchObject({ attempt: 2 });
  await expect.poll(() => after.folders).toEqual(['/now/there']);
});

test('D7 uploads are kept for a job of any name that has them, and no longer than it waits', async () => {
  const journal = memoryJournal();
  await open(journal).manager.forOwner(me).start(changeWork, input);
  const disk = journal.afterKill();
  const { jobs } = await disk.open();
  const { states } = await reopened(jobs.map((job) => ({ ...job, name: 'renamed' })));
  expect(states).toEqual([{ changes: [], taken: new Set(['u1', 'u2']) }]);
  const ended = await reopened(jobs.map((job) => ({ ...job, status: 'canceled' as const })));
  expect(ended.states).toMatchObject([{ changes: [{ isActive: false }], taken: new Set() }]);
});

async function reopened(
  jobs: Awaited<ReturnType<ReturnType<typeof memoryJournal>['open']>>['jobs'],
) {
  const states: KeptState[] = [];
  const journal = { ...memoryJournal(), open: async () => ({ jobs, schedules: [] }) };
  await keepChanges(journal, '/here', (kept) => states.push(kept)).open();
  return { states };
}

test('K8 as many uploads as a session may have fit into what is kept of a change', () => {
  const ids = Array.from({ length: defaultUploadLimits.maxWaitingFiles }, () =>
    randomBytes(16).toString('hex'),
  );
  const bytes = serialize({ ...input, uploads: { session: me, ids } }).length;
  expect(bytes).toBeLessThan(maxKeptBytes / 2);
});
