import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider, useJobProgress } from '@offstage/react';

const client = new HttpJobClient({ baseUrl: '/jobs' });

function Ingest({ jobId }: { jobId: string }) {
  const { percent, phase, message, isActive, isCanceling, cancel } = useJobProgress(jobId);
  return (
    <>
      <progress max={100} value={percent ?? undefined} aria-label={phase} />
      <p role="status">{message}</p>
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
