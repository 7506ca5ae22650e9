import type { ResultOf } from '@offstage/core';
import type { JobObserverState } from '@offstage/core/observe';
import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress, useStartJob } from '@offstage/react';
import { printBook } from '../src/jobs.ts';

const client = new HttpJobClient({ baseUrl: '/jobs' });

export function Printing() {
  return (
    <JobsProvider client={client}>
      <Book />
    </JobsProvider>
  );
}

function Book() {
  const printing = useStartJob(printBook);
  const progress = useJobProgress(printing.job?.id, { definition: printBook });
  const { isActive, isCanceling, percent, cancel } = progress;
  return (
    <>
      <button
        type="button"
        disabled={printing.isPending || isActive}
        onClick={() => printing.start({ pages: 120 })}
      >
        Print
      </button>
      {isActive && (
        <>
          <progress max={100} value={percent ?? undefined} aria-label="Printing" />
          <button type="button" disabled={isCanceling} onClick={() => cancel()}>
            Cancel
          </button>
        </>
      )}
      <p role="status">{textOf(progress, printing.error)}</p>
    </>
  );
}

type Progress = JobObserverState<ResultOf<typeof printBook>>;

function textOf(progress: Progress, startError: Error | undefined): string {
  const { result, status, failure, error, message } = progress;
  if (result) return `Published ${result.pages} pages as version ${result.version}.`;
  if (status === 'canceled') return 'Canceled: nothing was published.';
  if (failure) return `It failed: ${failure.message}`;
  if (startError) return `It could not be started: ${startError.message}`;
  if (error) return `No connection: ${error.message}`;
  return message ?? '';
}
