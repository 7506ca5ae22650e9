import {
  type AnyJobDefinition,
  handle,
  InlineExecutor,
  type JobClient,
  type JobContext,
  JobManager,
  type ReturnOf,
} from '@offstage/core';
import { sharedPoller } from '@offstage/core/observe';
import { ingest } from './stage-jobs.ts';

/** A running handler in the hands of a test. */
export interface Play<D extends AnyJobDefinition = typeof ingest> {
  readonly report: JobContext<D>['report'];
  readonly end: (result: ReturnOf<D>) => void;
  readonly fail: (error: Error) => void;
  /** Ends as a handler does that was asked to stop. */
  readonly obey: () => void;
}

/** A manager in this page, a client of it that counts and can be held up, and handlers to play. */
export function stage() {
  const plays = new Map<string, Play>();
  const perform = handle(
    ingest,
    ({ jobId, report, signal }) =>
      new Promise((end, fail) => {
        plays.set(jobId, { report, end, fail, obey: () => fail(signal.reason) });
      }),
  );
  const manager = new JobManager({ executor: new InlineExecutor([perform]), concurrency: 10_000 });
  const client = countingClient(manager.forOwner('alice'));
  const playOf = (id: string | undefined): Play => {
    const play = plays.get(id ?? '');
    if (play === undefined) throw new Error('No handler has begun for this job.');
    return play;
  };
  return {
    manager,
    client,
    poller: sharedPoller(client),
    playOf,
    /** Starts a job and waits until its handler runs. */
    async play() {
      const { id } = await client.start(ingest, { files: 1 });
      // The inline executor begins a handler in a microtask.
      await Promise.resolve();
      return { id, ...playOf(id) };
    },
  };
}

/** What a client was asked so far, and a gate that every request passes. */
export interface CountingClient extends JobClient {
  /** The ids of each `pollMany`, in order. */
  readonly polls: string[][];
  readonly cancels: string[];
  /** How many subscriptions to hints are open. */
  readonly watchers: number;
  /** How many were ever opened. */
  readonly watches: number;
  /** Awaited before each answer is handed over. */
  gate: () => Promise<unknown>;
}

function countingClient(client: JobClient): CountingClient {
  const polls: string[][] = [];
  const cancels: string[] = [];
  let watchers = 0;
  let watches = 0;
  const counting: CountingClient = Object.create(client, {
    polls: { value: polls },
    cancels: { value: cancels },
    watchers: { get: () => watchers },
    watches: { get: () => watches },
    gate: { value: async () => undefined, writable: true },
    ...bound(client, ['start', 'get', 'poll', 'list', 'consume', 'wait', 'activity']),
    pollMany: {
      value: async (requests: Parameters<JobClient['pollMany']>[0]) => {
        polls.push(requests.map(({ id }) => id));
        const answer = await client.pollMany(requests);
        await counting.gate();
        return answer;
      },
    },
    cancel: {
      value: (id: string) => {
        cancels.push(id);
        return client.cancel(id);
      },
    },
    watch: {
      value: (...args: Parameters<NonNullable<JobClient['watch']>>) => {
        watchers++;
        watches++;
        const stop = client.watch?.(...args);
        let stopped = false;
        return () => {
          if (!stopped) watchers--;
          stopped = true;
          stop?.();
        };
      },
    },
  });
  return counting;
}

function bound(client: JobClient, names: readonly (keyof JobClient)[]): PropertyDescriptorMap {
  return Object.fromEntries(
    names.map((name) => [
      name,
      { value: (...args: unknown[]) => Reflect.apply(client[name] as never, client, args) },
    ]),
  );
}
