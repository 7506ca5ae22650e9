import { getJobs, type JobProgress, jobProgress, jobs } from '@offstage/svelte';
import { getContext, setContext, untrack } from 'svelte';
import { fromStore } from 'svelte/store';
import { getApp } from './app-context.ts';
import { changeName } from './change-name.ts';

const key = Symbol('current-job');

/** Watches the newest change, for the card and the status light of all components below. */
export function watchCurrentJob(): void {
  const { connection, onProgress } = getApp();
  const client = getJobs();
  const list = jobs(client, { name: changeName });
  const first = () => list.current.value?.[0];
  // What the list knows is shown at once, so that nothing flickers when a change begins.
  const newest = jobProgress(
    client,
    () => first()?.id,
    () => ({ initialData: first() }),
  );
  const link = fromStore(connection);
  const isOnline = $derived(link.current === 'online');
  // A server that is back may be another process, which knows none of these jobs.
  $effect(() => {
    if (isOnline) void untrack(list.refetch);
  });
  // Each by itself: whatever else of the snapshot changes is not worth telling.
  const job = $derived(newest.current.job);
  const isActive = $derived(newest.current.isActive);
  const isCanceling = $derived(newest.current.isCanceling);
  $effect(() => {
    const [shown, canceling] = [job, isCanceling];
    if (shown !== undefined && isActive) untrack(() => onProgress(shown, canceling));
  });
  setContext(key, newest);
}

/**
 * The newest change as an outer component watches it; its `job` is undefined when there is none. Call
 * it while a component initialises.
 */
export const getCurrentJob = (): JobProgress => getContext<JobProgress>(key);
