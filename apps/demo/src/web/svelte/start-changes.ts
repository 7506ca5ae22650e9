import { getJobs } from '@offstage/svelte';
import { onMount } from 'svelte';
import { ApiError } from '../api.ts';
import { getApp } from './app-context.ts';

// The definition comes with its schemas, which only a start needs: the page stands without them, and
// has them before anybody has chosen a file.
const loadDefinition = () => import('../../change/change-job.ts');
const definitionAfterMs = 2000;

/** Lends the pending change the way to start jobs. Call it while a component initialises. */
export function startChanges(): void {
  const client = getJobs();
  getApp().change.connect(async (input, options) => {
    const { change } = await loadDefinition().catch((cause) => {
      throw new ApiError('offline', 'The server cannot be reached just now.', 0, { cause });
    });
    return client.start(change, input, options);
  });
  onMount(() => {
    const timer = setTimeout(() => loadDefinition().catch(() => undefined), definitionAfterMs);
    return () => clearTimeout(timer);
  });
}
