import type { JobClient } from './job-client.ts';
import type { JobSnapshot } from './job-snapshot.ts';
import type { JobId, TerminalJobView } from './job-view.ts';
import { checkOptions, type JobObserverOptions, JobWatch } from './job-watch.ts';
import { callSafely, Listeners, microtaskScheduler, type NotifyScheduler } from './listeners.ts';
import { type Poller, sharedPoller } from './poller.ts';

export interface ObserverPorts {
  /** @default sharedPoller(client) */
  readonly poller?: Poller | undefined;
  /** @default microtaskScheduler */
  readonly notify?: NotifyScheduler | undefined;
}

export interface JobObserverPorts<Result = unknown, Phase extends string = string>
  extends ObserverPorts {
  /** Whose place the new observer takes in a view: the ends that it has told are not told again (U5). */
  readonly replaces?: JobObserver<Result, Phase> | undefined;
}

/**
 * Watches one job through any client, for as long as someone subscribes (U1, U3 to U7).
 *
 * `getSnapshot` and `subscribe` are what React's `useSyncExternalStore` takes; both are bound. No
 * subscriber, no poll; unsubscribing never cancels the job; a snapshot is kept between two
 * subscriptions, so that StrictMode's subscribe, unsubscribe, subscribe costs one poll and settles
 * once. A poll that brings nothing new changes no snapshot and calls nobody.
 *
 * @example
 * const observer = new JobObserver(client, job.id, { onSettled: (job) => console.log(job.status) });
 * const stop = observer.subscribe(() => console.log(observer.getSnapshot().percent));
 */
export class JobObserver<Result = unknown, Phase extends string = string> {
  readonly #client: JobClient;
  readonly #poller: Poller;
  readonly #listeners: Listeners;
  #options: JobObserverOptions<Result, Phase>;
  #watch: JobWatch<Result, Phase>;
  readonly #settled: Set<string>;

  /** @throws OffstageError `invalid_option` */
  constructor(
    client: JobClient,
    jobId: JobId<Result, Phase> | undefined,
    options: JobObserverOptions<Result, Phase> = {},
    ports: JobObserverPorts<Result, Phase> = {},
  ) {
    checkOptions(options);
    this.#client = client;
    this.#settled = ports.replaces === undefined ? new Set() : ports.replaces.#settled;
    this.#options = options;
    this.#poller = ports.poller ?? sharedPoller(client);
    this.#listeners = new Listeners(ports.notify ?? microtaskScheduler);
    this.#watch = this.#createWatch(jobId);
  }

  get jobId(): JobId<Result, Phase> | undefined {
    return this.#watch.id;
  }

  readonly getSnapshot = (): JobSnapshot<Result, Phase> => this.#watch.snapshot;

  /** What a server renders: `initialData`, or the pending state. The same until the id changes. */
  readonly getInitialSnapshot = (): JobSnapshot<Result, Phase> => this.#watch.initialSnapshot;

  /** Calls `listener` after changes, merged by the `notify` port. Returns the way to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    this.#syncSubscribed();
    return () => {
      if (remove()) this.#syncSubscribed();
    };
  };

  readonly cancel = (): Promise<boolean> => this.#watch.actions.cancel();
  readonly consume = (): Promise<boolean> => this.#watch.actions.consume();
  readonly refetch = (): Promise<void> => this.#watch.actions.refetch();

  /** Observes another job, or none, from its own beginning: nothing of the former one shows. */
  setJobId(jobId: JobId<Result, Phase> | undefined): void {
    if (jobId === this.#watch.id) return;
    this.#watch.setSubscribed(false);
    this.#watch = this.#createWatch(jobId);
    this.#syncSubscribed();
    this.#listeners.changed();
  }

  /** Replaces all options. @throws OffstageError `invalid_option` */
  setOptions(options: JobObserverOptions<Result, Phase>): void {
    checkOptions(options);
    this.#options = options;
    this.#watch.applyOptions();
    this.#syncSubscribed();
  }

  #createWatch(id: JobId<Result, Phase> | undefined): JobWatch<Result, Phase> {
    const watch: JobWatch<Result, Phase> = new JobWatch(id, this.#client, this.#poller, {
      options: () => this.#options,
      changed: () => {
        if (this.#watch === watch) this.#listeners.changed();
      },
      settled: (job) => this.#onSettled(job),
    });
    return watch;
  }

  #syncSubscribed(): void {
    const watch = this.#watch;
    watch.setSubscribed(this.#isReading());
    // A job that was over before the first look settles like any other, but never within the call
    // to subscribe, and not when that subscription was only tried on.
    queueMicrotask(() => {
      if (this.#watch === watch && this.#isReading()) watch.settleIfEnded();
    });
  }

  #isReading(): boolean {
    return this.#listeners.size > 0 && this.#options.enabled !== false;
  }

  #onSettled(job: TerminalJobView<Result, Phase>): void {
    if (this.#settled.has(job.id)) return;
    this.#settled.add(job.id);
    callSafely(this.#options.onSettled, job);
  }
}
