import { useJobProgress, useStartJob } from '@offstage/solid';
import { Show } from 'solid-js';
import { printBook } from '../src/jobs.ts';

/** `latestId` is the visitor's last job: a page that is loaded again goes on with it. */
export function Printing(props: { latestId: string | undefined }) {
  const printing = useStartJob(printBook);
  const progress = useJobProgress(() => printing.job?.id ?? props.latestId, {
    definition: printBook,
  });
  const text = () => {
    const { result, status, failure, isLost, error, message } = progress;
    if (printing.error) return `It could not be started: ${printing.error.message}`;
    if (result) return `Published ${result.pages} pages as version ${result.version}.`;
    if (status === 'canceled') return 'Canceled: nothing was published.';
    if (failure) return `It failed: ${failure.message}`;
    if (isLost) return 'This job is gone: the server was started anew. Print it again.';
    if (error) return `No connection, trying again: ${error.message}`;
    return message;
  };
  return (
    <>
      <button
        type="button"
        disabled={printing.isPending || progress.isPending || progress.isActive}
        onClick={() => printing.start({ pages: 60 })}
      >
        Print
      </button>
      <Show when={progress.isActive}>
        <progress max={100} value={progress.percent ?? 0} aria-label="Printing" />
        <button type="button" disabled={progress.isCanceling} onClick={() => progress.cancel()}>
          Cancel
        </button>
      </Show>
      <p role="status">{text()}</p>
    </>
  );
}
