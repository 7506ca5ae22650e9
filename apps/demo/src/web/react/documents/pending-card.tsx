import { countOf } from '../../shared/format.ts';
import { checkingText, pendingTitles } from '../../shared/pending-change.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

/** A change that was asked for and is not shown as a job yet, and why (D5). */
export function PendingCard() {
  const { change, corpus } = useApp();
  const { status, add, remove, error, jobId } = useStore(change);
  const { job } = useCurrentJob();
  const { data } = useStore(corpus);
  if (status === 'idle' || (status === 'started' && job?.id === jobId)) return null;
  const what = [
    add.length > 0 && `${countOf(add.length, 'file')} to add`,
    remove.length > 0 && `${countOf(remove.length, 'document')} to remove`,
  ].filter((part) => part !== false);
  const isWaiting = status === 'waiting';
  const isRefused = status === 'refused';
  const isChecking = status === 'checking';
  return (
    <section className="card upload" aria-label="Next change">
      <h2>{pendingTitles[status]}</h2>
      <p>{what.join(', ')}</p>
      {isWaiting && (
        <p className="small soft">
          {data?.busy?.message ?? 'Another change is at work.'} Then yours starts by itself.
        </p>
      )}
      {isChecking && <p className="small soft">{checkingText}</p>}
      {isRefused && (
        <p className="small problem" role="alert">
          {error?.message ?? 'It could not be started.'}
        </p>
      )}
      {(isWaiting || isRefused) && (
        <div className="buttons">
          {isRefused && (
            <button type="button" className="button button--small" onClick={change.tryNow}>
              Try again
            </button>
          )}
          <button
            type="button"
            className="button button--plain button--small"
            onClick={change.drop}
          >
            {isWaiting ? 'Do not wait' : 'Drop it'}
          </button>
        </div>
      )}
    </section>
  );
}
