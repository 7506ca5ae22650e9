import { expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { settle } from '../testing/simulated-clock.ts';
import { defineJob } from './job-definition.ts';
import { codeOf, stage } from './job-manager.test-support.ts';

type Answer = (result: { readonly value: unknown }) => void;

/** A job whose handler has returned, and whose result schema answers when it is told to, if ever. */
async function checking(options: { readonly retries?: boolean } = {}) {
  const answers: Answer[] = [];
  const result: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => new Promise((resolve) => answers.push(resolve)),
    },
  };
  const input: StandardSchema = {
    '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
  };
  const definition = defineJob({
    name: 'hasty',
    input,
    result,
    phases: ['work'],
    timeoutMs: 1000,
    ...(options.retries === true ? { retry: { attempts: 2, delayMs: 0 } } : {}),
  });
  const here = stage({ slots: 1 });
  const { id } = await here.alice.start(definition, 1);
  here.executor.runOf(id).return('early');
  await settle();
  const status = async () => (await here.alice.get(id))?.status;
  expect(await status()).toBe('running');
  return { ...here, id, status, answers };
}

test('J6 the time limit counts for a result schema that never answers', async () => {
  const { alice, clock, id } = await checking();
  await clock.advance(1000);
  expect(await alice.get(id)).toMatchObject({ status: 'failed', failure: { code: 'timeout' } });
});

test('J5 a cancel ends a job of which only the result schema has not answered', async () => {
  const { alice, clock, id, status, answers } = await checking();
  expect(await alice.cancel(id)).toBe(true);
  expect(await status()).toBe('canceled');
  expect(clock.pending).toBe(1);
  answers[0]?.({ value: 'late' });
  await settle();
  expect(await status()).toBe('canceled');
  expect(await codeOf(alice.wait(id))).toBe(undefined);
});

test('A1 A3 what such a schema answers after the time limit is nothing to the next attempt', async () => {
  const { clock, id, status, answers, executor, alice } = await checking({ retries: true });
  await clock.advance(1000);
  await settle();
  expect(await alice.get(id)).toMatchObject({ status: 'running', attempt: 2 });
  answers[0]?.({ value: 'of the first attempt' });
  await settle();
  expect(await status()).toBe('running');
  executor.runOf(id).return('second');
  await settle();
  answers[1]?.({ value: 'of the second' });
  await settle();
  expect(await alice.get(id)).toMatchObject({ status: 'succeeded', result: 'of the second' });
});

test('J6 the time limit ends with the answer of the schema', async () => {
  const { clock, status, answers } = await checking();
  answers[0]?.({ value: 'good' });
  await settle();
  expect(await status()).toBe('succeeded');
  await clock.advance(1000);
  expect(await status()).toBe('succeeded');
});

test('J5 A1 who cancels a job as its second attempt begins stops that attempt', async () => {
  const { manager, alice, clock, id, executor } = await checking({ retries: true });
  manager.on('started', ({ job }) => void alice.cancel(job.id));
  await clock.advance(1000);
  await settle();
  expect(executor.runOf(id).task.attempt).toBe(2);
  expect(await alice.get(id)).toMatchObject({ status: 'running', cancelRequested: true });
  executor.runOf(id).obey();
  await settle();
  expect(await alice.get(id)).toMatchObject({ status: 'canceled' });
});
