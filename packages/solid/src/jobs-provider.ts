import { type JobClient, OffstageError } from '@offstage/core';
import { createComponent, createContext, type JSX, useContext } from 'solid-js';

const JobsContext = createContext<() => JobClient>();

export interface JobsProviderProps {
  /** Made once, outside of any component: another client is another connection. */
  readonly client: JobClient;
  readonly children?: JSX.Element;
}

/**
 * Gives what is below it its job client.
 *
 * @example
 * const client = new HttpJobClient({ baseUrl: '/jobs' });
 * <JobsProvider client={client}><App /></JobsProvider>
 */
export function JobsProvider(props: JobsProviderProps): JSX.Element {
  return createComponent(JobsContext.Provider, {
    value: () => props.client,
    get children() {
      return props.children;
    },
  });
}

/**
 * Reads the client that is passed, or else the nearest provider's. Call it while a component is set up.
 *
 * @throws OffstageError `invalid_option` when there is neither.
 */
export function useJobClient(client?: () => JobClient | undefined): () => JobClient {
  const provided = useContext(JobsContext);
  const read = (): JobClient => {
    const found = client?.() ?? provided?.();
    if (found !== undefined) return found;
    throw new OffstageError(
      'invalid_option',
      'There is no job client. Wrap the components in <JobsProvider client={client}>, or pass the option { client }.',
    );
  };
  return read;
}
