import type { JobFailure, JobId, JobView } from '@offstage/core';
import { defineJob } from '@offstage/core';
import { get, writable } from 'svelte/store';
import { expect, expectTypeOf, test } from 'vitest';
import { ingest } from '../fixtures/ingest.ts';
import { stage } from '../fixtures/stage.ts';
import { activity, jobProgress, jobs, startJob } from './index.ts';

type Phase = 'save' | 'index' | 'done';
interface Result {
  version: string;
}

// `npm run typecheck` holds the types; running them holds that they are of code that runs.
const { client } = stage();
const other = defineJob({ ...ingest, name: 'other', phases: ['one'] });

test('U1 J2 a definition types result and phase with no cast', () => {
  const plainId: string | undefined = undefined;
  const progress = jobProgress(client, () => plainId, {
    definition: ingest,
    onSettled(job) {
      expectTypeOf(job.result).toEqualTypeOf<Result | undefined>();
      if (job.status === 'succeeded') expectTypeOf(job.result).toEqualTypeOf<Result>();
    },
  });
  const { result, phase, events, failure, job } = get(progress);
  expectTypeOf(result).toEqualTypeOf<Result | undefined>();
  expectTypeOf(phase).toEqualTypeOf<Phase | undefined>();
  expectTypeOf(events[0]?.phase).toEqualTypeOf<Phase | undefined>();
  expectTypeOf(failure).toEqualTypeOf<JobFailure | undefined>();
  expectTypeOf(job).toEqualTypeOf<JobView<Result, Phase> | undefined>();
  expectTypeOf(progress.current.result).toEqualTypeOf<Result | undefined>();
  expectTypeOf(jobProgress(client, plainId).current.result).toEqualTypeOf<unknown>();
  expectTypeOf(jobProgress(client, plainId).current.phase).toEqualTypeOf<string | undefined>();
  expect(result).toBeUndefined();
});

test('U1 U2 J2 an id that a start gave carries the types, as value, getter and store', () => {
  const starting = startJob(() => client, ingest);
  expectTypeOf(starting.start).parameter(0).toEqualTypeOf<{ files: number }>();
  expectTypeOf(starting.start).returns.resolves.toEqualTypeOf<JobView<Result, Phase>>();
  const { job, error } = starting.current;
  expectTypeOf(job?.id).toEqualTypeOf<JobId<Result, Phase> | undefined>();
  expectTypeOf(error?.code).not.toBeAny();
  const ids = writable(job?.id);
  for (const progress of [
    jobProgress(client, job?.id),
    jobProgress(client, () => starting.current.job?.id),
    jobProgress(client, ids),
  ]) {
    expectTypeOf(progress.current.result).toEqualTypeOf<Result | undefined>();
    expectTypeOf(progress.current.phase).toEqualTypeOf<Phase | undefined>();
    expect(progress.current.isPending).toBe(false);
  }
});

test('U2 lists and the activity have their types', () => {
  const list = get(jobs(client, { status: 'running' }));
  expectTypeOf(list.value).toEqualTypeOf<readonly JobView[] | undefined>();
  const { value } = get(activity(client));
  expectTypeOf(value?.accepting).toEqualTypeOf<boolean | undefined>();
  expect(list.isPending).toBe(true);
});

test('U1 bad options are refused, by the compiler and at run time', () => {
  const refused = expect.objectContaining({ code: 'invalid_option' });
  expect(() => jobProgress(client, 'a', { pollInterval: -1 })).toThrow(refused);
  expect(() => jobs(client, {}, { pollInterval: 0 })).toThrow(refused);
});

/** Compiled, and never called. */
export function refusedByTheCompiler(): unknown[] {
  return [
    // @ts-expect-error: files is missing
    startJob(client, ingest).start({}),
    // @ts-expect-error: no such option
    jobProgress(client, 'a', { polling: 10 }),
    // @ts-expect-error: the view is of another job
    jobProgress(client, 'a', { definition: ingest, initialData: {} as JobView<number, 'one'> }),
    // @ts-expect-error: no such phase
    jobProgress(client, 'a', { definition: other }).current.phase === 'two',
    // @ts-expect-error: a client is no id
    jobProgress('a', client),
  ];
}
