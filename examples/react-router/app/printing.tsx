import type { JobViewOf, ResultOf } from '@offstage/core';
import type { JobObserverState } from '@offstage/core/observe';
import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress, useStartJob } from '@offstage/react';
import { printBook } from './jobs.ts';

const client = new HttpJobClient({ baseUrl: '/jobs' });

type PrintView = JobViewOf<typeof printBook>;

/** `latest` is the visitor's last job as the server knew it: a page that is loaded again goes on with it. */
export function Printing({ latest }: { latest: PrintView | undefined }) {
  return (
    <JobsProvider client={client}>
      <Book latest={latest} />
    </JobsProvider>
  );
}

function Book({ latest }: { latest: PrintView | undefined }) {
  const printing = useStartJob(printBook);
  const job = printing.job ?? latest;
  const progress = useJobProgress(job?.id, { initialData: job });
  const { isPending, isActive, isCanceling, percent, cancel } = progress;
  return (
    <>
      <button
        type="button"
        disabled={printing.isPending || isPending || isActive}
        onClick={() => printing.start({ pages: 60 })}
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
  const { result, status, failure, isLost, error, message } = progress;
  if (startError) return `It could not be started: ${startError.message}`;
  if (result) return `Published ${result.pages} pages as version ${result.version}.`;
  if (status === 'canceled') return 'Canceled: nothing was published.';
  if (failure) return `It failed: ${failure.message}`;
  if (isLost) return 'This job is gone: the server was started anew. Print it again.';
  if (error) return `No connection, trying again: ${error.message}`;
  return message;
}
