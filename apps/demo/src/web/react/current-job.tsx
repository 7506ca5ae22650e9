import type { JobObserverState } from '@offstage/core/observe';
import { useJobProgress, useJobs } from '@offstage/react';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { change } from '../../change/change-job.ts';
import { useApp } from './app-context.ts';
import { useStore } from './use-store.ts';

const CurrentJobContext = createContext<JobObserverState | undefined>(undefined);

/** Watches this session's newest change, for the card and the status light. */
export function CurrentJob({ children }: { children: ReactNode }) {
  const { connection, onProgress } = useApp();
  const { jobs, refetch } = useJobs({ name: change.name });
  const isOnline = useStore(connection) === 'online';
  // A server that is back may be another process, which knows none of these jobs.
  useEffect(() => {
    if (isOnline) refetch();
  }, [isOnline, refetch]);
  // What the list knows is shown at once, so that nothing flickers when a change begins.
  const current = useJobProgress(jobs[0]?.id, { initialData: jobs[0] });
  const { job, isActive, isCanceling } = current;
  useEffect(() => {
    if (job !== undefined && isActive) onProgress(job, isCanceling);
  }, [job, isActive, isCanceling, onProgress]);
  return <CurrentJobContext value={current}>{children}</CurrentJobContext>;
}

/** The newest change; its `job` is undefined when there is none. */
export function useCurrentJob(): JobObserverState {
  const current = useContext(CurrentJobContext);
  if (current === undefined) throw new Error('This component belongs below <CurrentJob>.');
  return current;
}
