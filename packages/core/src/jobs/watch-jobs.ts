import { invalidOption } from '../foundation/invalid-option.ts';
import type { ChangeHints } from './change-hints.ts';
import { Job } from './job.ts';
import type { JobExpiry } from './job-expiry.ts';
import type { JobRegistry, Watcher } from './job-registry.ts';

interface Watched {
  readonly registry: JobRegistry<Job>;
  readonly hints: ChangeHints;
  readonly expiry: JobExpiry;
}

/** Watches a job, or all jobs of an owner; returns the way to stop. */
export function watchJobs(
  { registry, hints, expiry }: Watched,
  {
    owner,
    id,
    onChange,
  }: {
    readonly owner: string;
    readonly id: string | undefined;
    readonly onChange: Watcher['onChange'];
  },
): () => void {
  if (typeof onChange !== 'function') throw invalidOption('onChange', 'a function', onChange);
  const watcher: Watcher = { onChange };
  const watched = id === undefined ? registry.openOwner(owner) : registry.find(owner, id);
  // To watch what is not there looks like watching what never changes (J4).
  if (watched === undefined) return () => {};
  watched.watchers ??= new Set();
  watched.watchers.add(watcher);
  return () => {
    hints.forget(watcher);
    if (watched.watchers?.delete(watcher) !== true || watched.watchers.size > 0) return;
    watched.watchers = undefined;
    if (!(watched instanceof Job)) registry.closeOwner(watched);
    // Unless it was released meanwhile (F3).
    else if (registry.find(owner, watched.id) === watched) expiry.look(watched);
  };
}
