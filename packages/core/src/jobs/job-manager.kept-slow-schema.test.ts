import { describe, expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { hostileValue } from '../testing/hostile-values.ts';
import { defineJob } from './job-definition.ts';
import { again, againTidy, life, quiet } from './job-manager.kept.test-support.ts';

type Answer = (result: { readonly value: unknown }) => void;

/** A kept job whose process was killed, at its next attempt: its input schema answers when it is told to. */
async function parsing(options: { readonly discards?: boolean } = {}) {
  const answers: Answer[] = [];
  const slow: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => new Promise((resolve) => answers.push(resolve)),
    },
  };
  const quick = options.discards === true ? againTidy : again;
  const definitions = [quick];
  const before = life({ slots: 1, definitions });
  const { id } = await before.alice.start(quick, 7, { exclusivityKey: 'k' });
  await quiet();
  const changed = defineJob({ ...quick, input: slow, timeoutMs: 1000 });
  const here = before.kill({ definitions: [changed] });
  await here.manager.ready();
  await quiet();
  const view = async () => here.alice.get(id);
  expect(await view()).toMatchObject({ status: 'running', attempt: 2 });
  const answer = async (index: number, value: unknown) => {
    answers[index]?.({ value });
    await quiet();
  };
  const isFree = async () =>
    (await here.alice.consume(id)) && here.manager.activity().running === 0;
  return { ...here, id, view, answer, isFree };
}

describe('a kept job whose input schema never answers', () => {
  test('F2 J5 is canceled at once, and its handler never runs, however late the schema answers', async () => {
    const { alice, id, view, answer, executor, isFree, clock } = await parsing();
    expect(await alice.cancel(id)).toBe(true);
    await quiet();
    expect(await view()).toMatchObject({ status: 'canceled' });
    await answer(0, 7);
    expect(executor.runs).toEqual([]);
    // The one of the time to live.
    expect(clock.pending).toBe(1);
    expect(await isFree()).toBe(true);
  });

  test('F2 J6 A1 its time limit counts, and what the schema answers then is nothing to the next attempt', async () => {
    const { id, view, answer, executor, clock } = await parsing();
    await clock.advance(1000);
    await quiet();
    expect(await view()).toMatchObject({
      status: 'running',
      attempt: 3,
      lastFailure: { code: 'timeout' },
    });
    await answer(0, 'of the second');
    expect(executor.runs).toEqual([]);
    await answer(1, 'of the third');
    expect(executor.runOf(id).task.input).toBe('of the third');
    await clock.advance(999);
    expect(executor.runOf(id).stops).toEqual([]);
    await clock.advance(1);
    expect(executor.runOf(id).stops).toEqual(['timeout']);
  });

  test('F2 J5 who cancels it as it begins stops it too', async () => {
    const { manager, alice, id, view, clock } = await parsing();
    manager.on('started', () => void alice.cancel(id));
    await clock.advance(1000);
    await quiet();
    expect(await view()).toMatchObject({ status: 'canceled', attempt: 3 });
  });

  test('F2 J9 its discard gets the input as it was kept, and frees the key', async () => {
    const { alice, id, executor, clock, isFree } = await parsing({ discards: true });
    await alice.cancel(id);
    await quiet();
    expect(executor.discards).toEqual([]);
    await clock.advance(10_000);
    await quiet();
    expect(executor.discards).toMatchObject([{ task: { jobId: id, input: 7 } }]);
    executor.discards[0]?.finish();
    await quiet();
    expect(await isFree()).toBe(true);
  });

  test('F2 J9 what a schema makes of an input may be a thenable', async () => {
    const { alice, id, executor, answer } = await parsing({ discards: true });
    await alice.cancel(id);
    await quiet();
    const thenable = hostileValue('a thenable that throws');
    await answer(1, thenable);
    expect(executor.discards[0]?.task.input).toBe(thenable);
  });

  test.each([[{ keep: true }], [{ keep: false }]])(
    'F2 K4 J14 a shutdown with %j does not wait for it',
    async (options) => {
      const { manager, id, executor, clock, next, answer } = await parsing();
      const ending = manager.shutdown({ ...options, graceMs: 500 });
      await quiet();
      if (!options.keep) await clock.advance(500);
      expect(await ending).toMatchObject({ abandoned: options.keep ? 0 : 1 });
      await answer(0, 7);
      expect(executor.runs).toEqual([]);
      const after = next({ definitions: [again] });
      expect(await after.alice.get(id)).toMatchObject(
        options.keep ? { attempt: 2, status: 'queued' } : { status: 'canceled' },
      );
    },
  );
});
