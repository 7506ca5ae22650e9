import type { JobClient } from '../jobs/job-client.ts';
import type { JobView } from '../jobs/job-view.ts';
import {
  PollLoop,
  type PollMember,
  type PollReader,
  type PollSource,
  type PollSubscription,
  type PollTiming,
} from './poll-loop.ts';
import type { Poller } from './poller.ts';

/** What the progress of a job means to a value: nothing, or how it stands in the value from then on. */
export type ProgressUse<T> = 'none' | ((value: T, job: JobView) => T | undefined);

/** A subscription at something that is read whole. */
export type ValueSubscription = Omit<PollSubscription<PollMember<never>, unknown>, 'latest'>;

/**
 * Reads a list or the activity for all its observers (U4). A key stands for one kind of value. Such
 * values cannot be asked for together, so each has a loop, with a single channel, for itself.
 *
 * Apart from `Poller`, so that a page which watches jobs alone does not load it.
 */
export function readValue<T>(
  poller: Poller,
  key: string,
  timing: PollTiming,
  reader: PollReader<T>,
  fetch: () => Promise<T>,
  progress: ProgressUse<T>,
): ValueSubscription {
  const { client, ports, values } = poller;
  // A key always stands for one kind of value, that of its `fetch`.
  const known = values.get(key) as PollLoop<PollMember<T>, undefined, T> | undefined;
  const loop = known ?? new PollLoop(valueSource(client, fetch, progress), ports);
  values.set(key, loop);
  const subscription = loop.join(key, { timing, reader });
  if (subscription.latest !== undefined) reader.onAnswer(subscription.latest);
  return {
    change: subscription.change,
    refetch: subscription.refetch,
    leave: () => {
      subscription.leave();
      if (loop.size === 0 && values.get(key) === loop) values.delete(key);
    },
  };
}

function valueSource<T>(
  client: JobClient,
  fetch: () => Promise<T>,
  progress: ProgressUse<T>,
): PollSource<PollMember<T>, undefined, T> {
  return {
    ask: () => undefined,
    fetch: async () => [await fetch()],
    calms: true,
    deliver(members, _ask, answer) {
      for (const { reader } of members) reader.onAnswer(answer);
      return 'later';
    },
    pushed(_members, latest, { job }) {
      if (progress === 'none' || latest === undefined || job === undefined) return undefined;
      const answer = progress(latest, job);
      return answer === undefined ? undefined : { ask: undefined, answer };
    },
    watch: (_id, hint, onPush) =>
      client.watch?.(
        undefined,
        (_id, kind, poll) => {
          if (kind !== 'progress') hint(kind);
          else if (progress !== 'none') hint(kind, poll);
        },
        onPush,
      ),
  };
}
