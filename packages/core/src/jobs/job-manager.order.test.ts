import { expect, test } from 'vitest';
import { codeOf, plain, stage, tidy } from './job-manager.test-support.ts';

test('A5 a delayed job waits for its time, and a cancel takes it out', async () => {
  const { alice, executor, clock } = stage();
  const late = await alice.start(plain, 1, { delayMs: 1000 });
  const gone = await alice.start(plain, 2, { startAt: clock.now() + 500 });
  expect(late).toMatchObject({ status: 'queued', availableAt: clock.now() + 1000 });
  expect(await alice.cancel(gone.id)).toBe(true);
  await clock.advance(999);
  expect(executor.runs).toEqual([]);
  await clock.advance(1);
  expect(executor.runs.map(({ task }) => task.jobId)).toEqual([late.id]);
});

test('A6 owners take turns, so that many jobs of one hold up another owner’s for a single turn', async () => {
  const { alice, bob, executor } = stage({ slots: 1 });
  const [first, second] = await Promise.all([1, 2, 3, 4].map((each) => alice.start(plain, each)));
  const other = await bob.start(plain, 5);
  executor.runOf(first?.id ?? '').return();
  executor.runOf(second?.id ?? '').return();
  expect((await bob.get(other.id))?.status).toBe('running');
});

test('A6 a higher priority goes first', async () => {
  const { alice, executor } = stage({ slots: 1 });
  const first = await alice.start(plain, 1);
  const low = await alice.start(plain, 2);
  const high = await alice.start(plain, 3, { priority: 5 });
  executor.runOf(first.id).return();
  expect((await alice.get(high.id))?.status).toBe('running');
  expect((await alice.get(low.id))?.status).toBe('queued');
});

test('A7 a job that waits for a limit holds no other job up', async () => {
  const { alice, executor } = stage({ slots: 3, limits: { tidy: { concurrency: 1 } } });
  const first = await alice.start(tidy, 1);
  const second = await alice.start(tidy, 2);
  const other = await alice.start(plain, 3);
  expect((await alice.get(second.id))?.status).toBe('queued');
  expect((await alice.get(other.id))?.status).toBe('running');
  executor.runOf(first.id).return();
  expect((await alice.get(second.id))?.status).toBe('running');
});

test('A8 join, queue and replace do what they say, and two holders never overlap', async () => {
  const { alice, bob, executor } = stage({ slots: 4 });
  const key = { exclusivityKey: 'k' } as const;
  const first = await alice.start(plain, 1, key);
  const joined = await alice.start(plain, 1, { ...key, onConflict: 'join' });
  expect(joined.id).toBe(first.id);
  expect(await codeOf(bob.start(plain, 1, { ...key, onConflict: 'replace' }))).toBe('conflict');
  const queued = await bob.start(plain, 2, { ...key, onConflict: 'queue' });
  const older = await alice.start(plain, 3, { ...key, onConflict: 'replace' });
  const newer = await alice.start(plain, 4, { ...key, onConflict: 'replace' });
  expect(executor.runOf(first.id).stops).toEqual(['replaced']);
  expect((await alice.get(older.id))?.status).toBe('canceled');
  executor.runOf(first.id).obey();
  expect((await alice.get(newer.id))?.status).toBe('running');
  executor.runOf(newer.id).return();
  expect((await bob.get(queued.id))?.status).toBe('running');
});
