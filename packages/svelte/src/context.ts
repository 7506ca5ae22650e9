import { type JobClient, OffstageError } from '@offstage/core';
import { getContext, setContext } from 'svelte';

// Known by its name, so that two copies of the package in one page mean the same context.
const key = Symbol.for('offstage.svelte.client');

/** Gives a client to a component's descendants. Call it while the component initialises. */
export function setJobs<Client extends JobClient>(client: Client): Client {
  return setContext(key, client);
}

/**
 * The client that an ancestor gave with `setJobs`. Call it while the component initialises.
 *
 * @throws OffstageError `invalid_option` when no ancestor did.
 */
export function getJobs(): JobClient {
  const client = getContext<JobClient | undefined>(key);
  if (client === undefined) {
    throw new OffstageError(
      'invalid_option',
      'There is no job client here. Call setJobs(client) in a component above this one, such as the layout.',
    );
  }
  return client;
}
