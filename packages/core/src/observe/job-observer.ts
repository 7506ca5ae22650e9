import { OffstageError } from '../foundation/errors.ts';
import {
  callSafely,
  Listeners,
  microtaskScheduler,
  type NotifyScheduler,
} from '../foundation/listeners.ts';
import { isShallowEqual } from '../foundation/shallow-equal.ts';
import type { JobClient, JobPoll } from '../jobs/job-client.ts';
import { isTerminal, type JobId, type JobView, type TerminalJobView } from '../jobs/job-view.ts';
import {
  isSameView,
  type JobActions,
  type JobObserverState,
  toObserverState,
  type WatchedJob,
} from './job-observer-state.ts';
import { toOffstageError } from './poll-loop.ts';
import {
  type JobMember,
  type JobSubscription,
  type Poller,
  type ReadOptions,
  sharedPoller,
  timingOf,
} from './poller.ts';

export interface JobObserverOptions<Result = unknown, Phase extends string = string>
  extends ReadOptions {
  /** A view from elsewhere, such as a server's page; used when it is of the observed job. */
  readonly initialData?: JobView<Result, Phase> | undefined;
  /** How many of the newest events the snapshot holds. @default 100 */
  readonly maxEvents?: number | undefined;
  /** Called once per job when it has ended, also when that was long before it was observed. */
  readonly onSettled?: ((job: TerminalJobView<Result, Phase>) => void) | undefined;
  /**
   * Called once per job when there is no such job, or none any more, and its end was not seen: after a
   * restart of a server that keeps jobs in memory, say. Either this or `onSettled` ends the watch.
   */
  readonly onLost?: ((jobId: JobId<Result, Phase>) => void) | undefined;
  /** Called for every look, cancel and consume that fails. */
  readonly onError?: ((error: OffstageError) => void) | undefined;
}

export interface ObserverPorts {
  /** @default sharedPoller(client) */
  readonly poller?: Poller | undefined;
  /** @default microtaskScheduler */
  readonly notify?: NotifyScheduler | undefined;
}

export interface JobObserverPorts<Result = unknown, Phase extends string = string>
  extends ObserverPorts {
  /** Whose place the new observer takes in a view: the ends that it has told are not told again. */
  readonly replaces?: JobObserver<Result, Phase> | undefined;
}

/**
 * Watches one job through any client, for as long as someone subscribes.
 *
 * `getSnapshot` and `subscribe` are what React's `useSyncExternalStore` takes; both are bound. No
 * subscriber, no poll; unsubscribing never cancels the job; a snapshot is kept between two
 * subscriptions, so that StrictMode's subscribe, unsubscribe, subscribe costs one poll and settles
 * once. A poll that brings nothing new changes no snapshot and calls nobody.
 *
 * An observer stays with its id; for another job make another one, which `replaces` this one. So
 * nothing can leak between two jobs, and the functions of an old snapshot act on the job it showed.
 *
 * @example
 * const observer = new JobObserver(client, job.id, { onSettled: (job) => console.log(job.status) });
 * const stop = observer.subscribe(() => console.log(observer.getSnapshot().percent));
 */
export class JobObserver<Result = unknown, Phase extends string = string> implements JobActions {
  readonly jobId: JobId<Result, Phase> | undefined;
  readonly #client: JobClient;
  readonly #poller: Poller;
  readonly #listeners: Listeners;
  // What was told of which job, and is not told again.
  readonly #told: Set<string>;
  #options: JobObserverOptions<Result, Phase>;
  #state: WatchedJob<Result, Phase>;
  #snapshot: JobObserverState<Result, Phase>;
  readonly #initialSnapshot: JobObserverState<Result, Phase>;
  #cursor = 0;
  // A subscription is held while someone subscribes, or a look asked for by hand is under way.
  #subscription: JobSubscription | undefined;
  #visits = 0;
  // The job has ended and all of it was read: no look can bring anything more.
  #isComplete: boolean;
  // An answer has come: a result that is not there is none.
  #hasRead = false;
  #cancelCall: Promise<boolean> | undefined;

  /** @throws OffstageError `invalid_option` */
  constructor(
    client: JobClient,
    jobId: JobId<Result, Phase> | undefined,
    options: JobObserverOptions<Result, Phase> = {},
    ports: JobObserverPorts<Result, Phase> = {},
  ) {
    memberOf(options);
    this.jobId = jobId;
    this.#client = client;
    this.#options = options;
    this.#told = ports.replaces === undefined ? new Set() : ports.replaces.#told;
    this.#poller = ports.poller ?? sharedPoller(client);
    this.#listeners = new Listeners(ports.notify ?? microtaskScheduler);
    const { initialData } = options;
    const job = initialData?.id === jobId ? initialData : undefined;
    this.#isComplete = isEnded(job) && !lacksResult(job);
    this.#state = {
      job,
      events: [],
      missed: 0,
      error: undefined,
      failureCount: 0,
      wanted: this.#isWanted(),
      stopped: false,
      lost: false,
      cancelAsked: false,
      paused: false,
    };
    this.#initialSnapshot = this.#snapshot = toObserverState(this.#state, this);
  }

  readonly getSnapshot = (): JobObserverState<Result, Phase> => this.#snapshot;

  /** What a server renders: `initialData`, or the pending state. */
  readonly getInitialSnapshot = (): JobObserverState<Result, Phase> => this.#initialSnapshot;

  /** Calls `listener` after changes, merged by the `notify` port. Returns the way to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    this.#onSubscribers();
    return () => {
      if (remove()) this.#onSubscribers();
    };
  };

  readonly cancel = (): Promise<boolean> => {
    this.#cancelCall ??= this.#askToCancel().finally(() => {
      this.#cancelCall = undefined;
    });
    return this.#cancelCall;
  };

  readonly consume = async (): Promise<boolean> => {
    const { jobId } = this;
    return jobId !== undefined && this.#call(() => this.#client.consume(jobId));
  };

  readonly refetch = async (): Promise<void> => {
    this.#visits++;
    this.#syncSubscription();
    await this.#subscription?.refetch();
    this.#visits--;
    this.#syncSubscription();
  };

  /** Replaces all options. @throws OffstageError `invalid_option` */
  setOptions(options: JobObserverOptions<Result, Phase>): void {
    const timings = memberOf(options);
    this.#options = options;
    this.#subscription?.change(timings);
    this.#update({
      wanted: this.#isWanted(),
      events: newest(this.#state.events, timings.maxEvents),
    });
    this.#onSubscribers();
  }

  #isWanted(): boolean {
    return this.jobId !== undefined && this.#options.enabled !== false;
  }

  #isReading(): boolean {
    return this.#listeners.size > 0 && this.#isWanted();
  }

  #onSubscribers(): void {
    this.#syncSubscription();
    // A job that was over before the first look settles like any other, but never within the call
    // to subscribe, and not when that subscription was only tried on.
    queueMicrotask(() => {
      if (this.#isReading()) this.#settleIfEnded();
    });
  }

  #settleIfEnded(): void {
    const { job } = this.#state;
    if (isEnded(job) && !this.#lacksEnd(job) && this.#isNews(`end ${job.id}`)) {
      callSafely(this.#options.onSettled, job);
    }
  }

  #isNews(told: string): boolean {
    const { size } = this.#told;
    return this.#told.add(told).size > size;
  }

  #syncSubscription(): void {
    const { jobId } = this;
    if (jobId !== undefined && (this.#visits > 0 || (this.#isReading() && !this.#isComplete))) {
      if (this.#subscription !== undefined) return;
      this.#subscription = this.#poller.readJob(jobId, {
        ...memberOf(this.#options),
        cursor: this.#cursor,
        reader: {
          onAnswer: (answer) => this.#onAnswer(answer),
          onFailure: (failure, isOld) => this.#fail(failure, isOld),
          onPaused: (paused) => this.#update({ paused }),
        },
      });
      // Taking it may have told the one subscriber something that made it leave.
      this.#syncSubscription();
    } else if (this.#subscription !== undefined) {
      this.#subscription.leave();
      this.#subscription = undefined;
      this.#update({ paused: false });
    }
  }

  #onAnswer({ job, events, cursor, missed }: JobPoll): void {
    const before = this.#state;
    const known = before.job;
    if (job === undefined) {
      this.#onGone(known);
      return;
    }
    // The id's type says what its job holds, as it does for `JobClient.poll`.
    const view = job as JobView<Result, Phase>;
    const fresh = events as JobPoll<Result, Phase>['events'];
    this.#cursor = cursor;
    this.#hasRead = true;
    this.#isComplete = isEnded(view) && cursor >= (view.progress?.seq ?? 0);
    const isKnown =
      known !== undefined &&
      (isEnded(known) || isSameView(known, view)) &&
      !(lacksResult(known) && !lacksResult(view));
    this.#update({
      job: isKnown ? known : view,
      events: newest(
        fresh.length === 0 ? before.events : [...before.events, ...fresh],
        memberOf(this.#options).maxEvents,
      ),
      missed: before.missed + missed,
      error: undefined,
      failureCount: 0,
      stopped: false,
      lost: false,
    });
    this.#settleIfEnded();
  }

  // What has ended stays on the screen; what was running is not known to run any more.
  #onGone(known: JobView<Result, Phase> | undefined): void {
    const hasEnded = isEnded(known);
    if (hasEnded && !this.#lacksEnd(known)) {
      this.#isComplete = true;
      this.#update({ error: undefined, failureCount: 0 });
      return;
    }
    const error = new OffstageError('not_found', 'There is no such job, or it has been released.');
    const job = hasEnded ? known : undefined;
    this.#fail({ job, error, failureCount: 0, stopped: true, lost: true });
    const { jobId } = this;
    if (jobId !== undefined && this.#isNews(`loss ${String(jobId)}`)) {
      callSafely(this.#options.onLost, jobId);
    }
  }

  // Its end is known, and what it ended with is not.
  #lacksEnd(job: JobView): boolean {
    return lacksResult(job) && !this.#hasRead;
  }

  async #askToCancel(): Promise<boolean> {
    const { jobId } = this;
    if (jobId === undefined || isEnded(this.#state.job)) return false;
    // Shown from now on, and taken back only by a no: views that were on their way may be older.
    this.#update({ cancelAsked: true });
    const asked = await this.#call(() => this.#client.cancel(jobId));
    if (!asked) this.#update({ cancelAsked: false });
    // Not awaited: the answer is known, and the look may have to wait for one under way.
    void this.#subscription?.refetch();
    return asked;
  }

  async #call(ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await ask();
    } catch (cause) {
      this.#fail({ error: toOffstageError(cause) });
      return false;
    }
  }

  #fail(
    change: Partial<WatchedJob<Result, Phase>> & { readonly error: OffstageError },
    isOld?: boolean,
  ): void {
    this.#update(change);
    if (!isOld) callSafely(this.#options.onError, change.error);
  }

  #update(change: Partial<WatchedJob<Result, Phase>>): void {
    const before = this.#state;
    const after = { ...before, ...change };
    if (isShallowEqual(before, after)) return;
    this.#state = after;
    this.#snapshot = toObserverState(after, this);
    this.#listeners.changed();
  }
}

/** @throws OffstageError `invalid_option` */
function memberOf(
  options: ReadOptions & { readonly maxEvents?: number | undefined },
): Pick<JobMember, 'timing' | 'maxEvents'> {
  const { maxEvents = 100 } = options;
  if (Number.isInteger(maxEvents) && maxEvents >= 0)
    return { timing: timingOf(options), maxEvents };
  throw new OffstageError('invalid_option', 'maxEvents must be a whole number, 0 or more.');
}

const isEnded = <Result, Phase extends string>(
  job: JobView<Result, Phase> | undefined,
): job is TerminalJobView<Result, Phase> => job !== undefined && isTerminal(job.status);

// As it stands in a list (J17): what it ended with is still to be read.
const lacksResult = ({ status, result }: JobView): boolean =>
  status === 'succeeded' && result === undefined;

const newest = <T>(items: readonly T[], count: number): readonly T[] =>
  items.length > count ? items.slice(items.length - count) : items;
