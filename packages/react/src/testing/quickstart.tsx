import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress } from '@offstage/react';

const client = new HttpJobClient({ baseUrl: '/jobs' });

function Ingest({ jobId }: { jobId: string }) {
  const progress = useJobProgress(jobId);
  const { percent, phase, message, failure, isLost, isActive, isCanceling, cancel } = progress;
  if (isLost) return <p role="alert">This job is gone. Please start it again.</p>;
  return (
    <>
      <progress max={100} value={percent ?? undefined} aria-label={phase} />
      <p role="status">{failure?.message ?? message}</p>
      {isActive && (
        <button type="button" disabled={isCanceling} onClick={() => cancel()}>
          Cancel
        </button>
      )}
    </>
  );
}

export function App({ jobId }: { jobId: string }) {
  return (
    <JobsProvider client={client}>
      <Ingest jobId={jobId} />
    </JobsProvider>
  );
}
