import { getJobs, startJob } from '@offstage/svelte';
import { change } from '../api.ts';
import { getApp } from './app-context.ts';

/** Lends the pending change the store's way to start jobs. */
export function startChanges(): void {
  getApp().change.connect(startJob(getJobs(), change).start);
}
