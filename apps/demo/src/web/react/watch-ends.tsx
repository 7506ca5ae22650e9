import { useJobProgress, useJobs } from '@offstage/react';
import { change } from '../../change/change-job.ts';
import { useApp } from './app-context.ts';
import { useStore } from './use-store.ts';

/** Tells how each of this session's changes has ended, once, whatever page is open. */
export function WatchEnds() {
  const { told } = useApp();
  const { jobs } = useJobs({ name: change.name });
  useStore(told);
  return jobs.filter(({ id }) => !told.has(id)).map(({ id }) => <WatchEnd key={id} jobId={id} />);
}

function WatchEnd({ jobId }: { jobId: string }) {
  const { onSettled } = useApp();
  useJobProgress(jobId, { definition: change, onSettled });
  return null;
}
