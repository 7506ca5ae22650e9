import type { JobFailure, JobId, JobView } from '@offstage/core';
import { defineJob } from '@offstage/core';
import type { JobObserverState } from '@offstage/core/observe';
import { createElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, expectTypeOf, test } from 'vitest';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { JobsProvider, useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';

type Phase = 'save' | 'index' | 'done';
interface Result {
  version: string;
}

// `npm run typecheck` holds the types; running them holds that they are of code that runs.
const seen: string[] = [];
const other = defineJob({ ...ingest, name: 'other', phases: ['one'] });

function Definition(): ReactNode {
  const plainId: string | undefined = undefined;
  const typed = useJobProgress(plainId, {
    definition: ingest,
    onSettled(job) {
      expectTypeOf(job.result).toEqualTypeOf<Result | undefined>();
      if (job.status === 'succeeded') expectTypeOf(job.result).toEqualTypeOf<Result>();
    },
  });
  expectTypeOf(typed).toEqualTypeOf<JobObserverState<Result, Phase>>();
  expectTypeOf(typed.result).toEqualTypeOf<Result | undefined>();
  expectTypeOf(typed.phase).toEqualTypeOf<Phase | undefined>();
  expectTypeOf(typed.events[0]?.phase).toEqualTypeOf<Phase | undefined>();
  expectTypeOf(typed.failure).toEqualTypeOf<JobFailure | undefined>();

  const untyped = useJobProgress(plainId);
  expectTypeOf(untyped.result).toEqualTypeOf<unknown>();
  expectTypeOf(untyped.phase).toEqualTypeOf<string | undefined>();
  seen.push('definition');
  return null;
}

function Started(): ReactNode {
  const { start, job, error } = useStartJob(ingest);
  expectTypeOf(start).parameter(0).toEqualTypeOf<{ files: number }>();
  expectTypeOf(start).returns.resolves.toEqualTypeOf<JobView<Result, Phase>>();
  expectTypeOf(job?.id).toEqualTypeOf<JobId<Result, Phase> | undefined>();
  expectTypeOf(error?.code).not.toBeAny();

  // The id carries the types by itself.
  const progress = useJobProgress(job?.id);
  expectTypeOf(progress.result).toEqualTypeOf<Result | undefined>();
  expectTypeOf(progress.phase).toEqualTypeOf<Phase | undefined>();
  seen.push('started');
  return null;
}

function Lists(): ReactNode {
  const { jobs } = useJobs({ status: 'running' });
  expectTypeOf(jobs).toEqualTypeOf<readonly JobView[]>();
  const { activity } = useActivity();
  expectTypeOf(activity?.accepting).toEqualTypeOf<boolean | undefined>();
  seen.push('lists');
  return null;
}

/** Compiled, and never called. */
export function Refused(): ReactNode {
  const { start } = useStartJob(ingest);
  // @ts-expect-error: files is missing
  void start({});
  // @ts-expect-error: no such option
  useJobProgress('a', { polling: 10 });
  // @ts-expect-error: the view is of another job
  useJobProgress('a', { definition: ingest, initialData: {} as JobView<number, 'one'> });
  // @ts-expect-error: no such phase
  return useJobProgress('a', { definition: other }).phase === 'two';
}

test('U1 U2 J2 a definition, or an id that a start gave, types result and phase with no cast', () => {
  renderToString(
    createElement(
      JobsProvider,
      { client: stage().client },
      createElement(Definition),
      createElement(Started),
      createElement(Lists),
    ),
  );
  expect(seen).toEqual(['definition', 'started', 'lists']);
});
