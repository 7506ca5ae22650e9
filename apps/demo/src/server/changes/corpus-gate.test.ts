import { closeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { handle, InlineExecutor, JobManager, PublicError } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import type { StagedFile } from '../../change/change-work.ts';
import { changeWork } from '../../change/change-work.ts';
import { asFinal } from '../../change/public-errors.ts';
import { readUploads } from '../../reading/read-job.ts';
import { scratch } from '../../testing/scratch.ts';
import { ReadAhead } from '../uploads/read-ahead.ts';
import { UploadStore } from '../uploads/upload-store.ts';
import { CorpusGate } from './corpus-gate.ts';

const [me, other] = ['a'.repeat(32), 'b'.repeat(32)] as const;
const parsing = { fileTimeoutMs: 1000, processes: 1, maxFileBytes: 1000 };

/** A gate over real parts; changes end as the test says, and uploads are read at once. */
function open(work: () => Promise<never> = () => new Promise(() => undefined)) {
  const dataFolder = scratch();
  const reading: number[] = [];
  const manager = new JobManager({
    executor: new InlineExecutor([
      handle(changeWork, work),
      handle(readUploads, async ({ input: { files } }) => {
        reading.push(files.length);
        return { read: files.length };
      }),
    ]),
  });
  const uploads = new UploadStore(dataFolder);
  onTestFinished(async () => {
    await manager.shutdown({ graceMs: 0 });
    uploads.close();
  });
  const readAhead = new ReadAhead({ client: manager.forOwner('read-ahead'), parsing });
  uploads.watch(readAhead);
  const gate = new CorpusGate({
    ...{ manager, uploads, readAhead },
    onPublished: () => undefined,
  });
  const upload = (session: string): string => {
    const { upload, file, descriptor } = uploads.stage(session);
    closeSync(descriptor);
    uploads.reserveFile(session);
    uploads.add(session, [{ upload, name: `${upload}.md`, staged: file, bytes: 0, sha256: 'x' }]);
    return upload;
  };
  const admit = (session: string, add: readonly string[] = []) =>
    gate.admit(session, add, (files: readonly StagedFile[]) =>
      manager
        .forOwner(session)
        .start(
          changeWork,
          { dataFolder, add: [...files], remove: [] },
          { exclusivityKey: 'corpus' },
        ),
    );
  const waiting = (session: string): string[] =>
    uploads.waiting(session).map((file) => file.upload);
  return { gate, manager, reading, upload, admit, waiting };
}

const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns += 1) await turn();
};
const conflict = { code: 'conflict' };

test('D5 of changes asked for in one tick one is admitted; the others keep their uploads and hear why', async () => {
  const { gate, manager, upload, admit, waiting } = open();
  const [mine, theirs] = [upload(me), upload(other)];
  const [first, second, third] = await Promise.allSettled([
    admit(me, [mine]),
    admit(other, [theirs]),
    admit(me),
  ]);
  expect(first.status).toBe('fulfilled');
  expect(second).toMatchObject({ reason: { ...conflict, message: /^Somebody else/ } });
  expect(third).toMatchObject({ reason: { ...conflict, message: /^Another change of yours/ } });
  expect([waiting(me), waiting(other)]).toEqual([[], [theirs]]);
  const [job] = await manager.forOwner(me).list();
  expect(gate.busy(me)).toMatchObject({ mine: true, jobId: job?.id });
  expect(gate.busy(other)).toMatchObject({ mine: false, jobId: null });
});

test('D5 J15 a change and work that is no job keep each other out, whichever was first', async () => {
  const { gate, admit } = open();
  let end = (): void => undefined;
  const rollback = gate.exclusively(() => new Promise<void>((resolve) => (end = resolve)));
  await settle();
  expect(gate.busy(me)).toMatchObject({ mine: false, jobId: null, message: /^An older version/ });
  await expect(admit(me)).rejects.toMatchObject({ ...conflict, message: /^An older version/ });
  await expect(gate.exclusively(async () => 0)).rejects.toMatchObject({ status: 409, ...conflict });
  end();
  await rollback;
  expect(gate.busy(me)).toBe(null);
  // Both in one tick: never both.
  const both = await Promise.allSettled([gate.exclusively(settle), admit(me)]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('D5 what the work itself throws comes through, and leaves the way free', async () => {
  const { gate, admit } = open();
  const conflicting = new PublicError('conflict', 'of the work');
  await expect(
    gate.exclusively(async () => {
      throw conflicting;
    }),
  ).rejects.toBe(conflicting);
  expect((await admit(me)).status).toMatch(/queued|running/);
});

test('D7 a change that ends before its start was answered leaves the way free, and its uploads wait again', async () => {
  const { gate, manager, upload, admit, waiting } = open(async () => {
    throw asFinal(new PublicError('locked', 'no'));
  });
  const add = [upload(me)];
  for (let round = 0; round < 3; round += 1) {
    const { id } = await admit(me, add);
    expect((await manager.forOwner(me).wait(id)).status).toBe('failed');
    expect([gate.busy(me), waiting(me)]).toEqual([null, add]);
  }
});

test('D2 D5 what is read ahead gives way to a change, and goes on after one that was refused or has ended', async () => {
  const { gate, reading, upload, admit } = open(async () => {
    throw asFinal(new PublicError('locked', 'no'));
  });
  await expect(admit(me, ['none'])).rejects.toMatchObject({ code: 'unknown_upload' });
  upload(me);
  await settle();
  expect(reading).toEqual([1]);
  await gate.exclusively(async () => {
    upload(me);
    await settle();
    expect(reading).toEqual([1]);
  });
  await settle();
  expect(reading).toEqual([1, 1]);
});
