import type { ResultOf } from '@offstage/core';
import type { JobObserverState } from '@offstage/core/observe';
import type { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress, useStartJob } from '@offstage/react';
import { printBook } from '../src/jobs.ts';

/** `latestId` is the visitor's last job: a page that is loaded again goes on with it. */
export function Printing({ client, latestId }: { client: HttpJobClient; latestId?: string }) {
  return (
    <JobsProvider client={client}>
      <Book latestId={latestId} />
    </JobsProvider>
  );
}

function Book({ latestId }: { latestId: string | undefined }) {
  const printing = useStartJob(printBook);
  const id = printing.job?.id ?? latestId;
  const progress = useJobProgress(id, { definition: printBook });
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
