import { JobObserver, type JobObserverOptions } from '../observe/job-observer.ts';

import { Poller } from '../observe/poller.ts';
import { ScriptedClient, scriptedPage } from './scripted-client.ts';
import { simulatedClock } from './simulated-clock.ts';

/** A poller over a scripted client, with a clock and a page that stand still until they are moved. */
export function pollerKit({ pushes = false, random = (): number => 1 } = {}) {
  const client = new ScriptedClient({ pushes });
  const clock = simulatedClock();
  const page = scriptedPage();
  const poller = new Poller(client, { clock, random, visibility: page });
  const observe = (
    id: string | undefined,
    options: JobObserverOptions = {},
    replaces?: JobObserver,
  ) => new JobObserver(client, id, options, { poller, replaces });
  /** Observes and subscribes. */
  const watch = (id: string, options: JobObserverOptions = {}) => {
    const observer = observe(id, options);
    return { observer, stop: observer.subscribe(() => undefined) };
  };
  return { client, clock, page, poller, observe, watch };
}
