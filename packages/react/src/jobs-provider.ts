import { type JobClient, OffstageError } from '@offstage/core';
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';

const JobsContext = createContext<JobClient | undefined>(undefined);

export interface JobsProviderProps {
  /** Made once, outside of any component: another client is another connection. */
  readonly client: JobClient;
  readonly children?: ReactNode;
}

/**
 * Gives the hooks below it their job client.
 *
 * @example
 * const client = new HttpJobClient({ baseUrl: '/jobs' });
 * <JobsProvider client={client}><App /></JobsProvider>
 */
export function JobsProvider({ client, children }: JobsProviderProps): ReactElement {
  return createElement(JobsContext.Provider, { value: client }, children);
}

/**
 * The client that is passed, or else the nearest provider's.
 *
 * @throws OffstageError `invalid_option` when there is neither.
 */
export function useJobClient(client?: JobClient): JobClient {
  const provided = useContext(JobsContext);
  const found = client ?? provided;
  if (found !== undefined) return found;
  throw new OffstageError(
    'invalid_option',
    'There is no job client. Wrap the components in <JobsProvider client={client}>, or pass the hook the option { client }.',
  );
}
