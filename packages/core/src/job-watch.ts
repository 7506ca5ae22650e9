import { OffstageError } from './errors.ts';
import type { JobClient, JobPoll } from './job-client.ts';
import {
  isSameView,
  type JobActions,
  type JobSnapshot,
  toSnapshot,
  type WatchedJob,
} from './job-snapshot.ts';
import { isTerminal, type JobId, type JobView, type TerminalJobView } from './job-view.ts';
import { callSafely } from './listeners.ts';
import { type PollFailure, toOffstageError } from './poll-loop.ts';
import { type JobSeat, type Poller, type ReadOptions, wishOf } from './poller.ts';
import { isShallowEqual } from './shallow-equal.ts';

export interface JobObserverOptions<Result = unknown, Phase extends string = string>
  extends ReadOptions {
  /** A view from elsewhere, such as a server's page; used when it is of the observed job. */
  readonly initialData?: JobView<Result, Phase> | undefined;
  /** How many of the newest events the snapshot holds. @default 100 */
  readonly maxEvents?: number | undefined;
  /** Called once per job when it has ended, also when that was long before it was observed (U5). */
  readonly onSettled?: ((job: TerminalJobView<Result, Phase>) => void) | undefined;
  /** Called for every look, cancel and consume that fails. */
  readonly onError?: ((error: OffstageError) => void) | undefined;
}

/** @throws OffstageError `invalid_option` */
export function checkOptions(
  options: ReadOptions & { readonly maxEvents?: number | undefined },
): void {
  wishOf(options);
  const maxEvents = maxEventsOf(options);
  if (!Number.isInteger(maxEvents) || maxEvents < 0) {
    throw new OffstageError('invalid_option', 'maxEvents must be a whole number, 0 or more.');
  }
}

export interface JobWatchOwner<Result, Phase extends string> {
  readonly options: () => JobObserverOptions<Result, Phase>;
  readonly changed: () => void;
  readonly settled: (job: TerminalJobView<Result, Phase>) => void;
}

/**
 * All that belongs to one id; another id gets another watch, so nothing can leak between two jobs,
 * and the functions of an old snapshot act on the job that the snapshot showed.
 */
export class JobWatch<Result, Phase extends string> {
  readonly id: JobId<Result, Phase> | undefined;
  readonly actions: JobActions;
  readonly initialSnapshot: JobSnapshot<Result, Phase>;
  snapshot: JobSnapshot<Result, Phase>;
  readonly #client: JobClient;
  readonly #poller: Poller;
  readonly #owner: JobWatchOwner<Result, Phase>;
  #state: WatchedJob<Result, Phase>;
  #cursor = 0;
  // A seat is held while someone subscribes, or a look asked for by hand is under way.
  #seat: JobSeat | undefined;
  #isSubscribed = false;
  #visits = 0;
  #isJoining = false;
  // The job has ended and all of it was read: no look can bring anything more.
  #isComplete: boolean;
  #cancelCall: Promise<boolean> | undefined;

  constructor(
    id: JobId<Result, Phase> | undefined,
    client: JobClient,
    poller: Poller,
    owner: JobWatchOwner<Result, Phase>,
  ) {
    this.id = id;
    this.#client = client;
    this.#poller = poller;
    this.#owner = owner;
    const { initialData, enabled } = owner.options();
    const job = initialData !== undefined && initialData.id === id ? initialData : undefined;
    this.#isComplete = job !== undefined && isEnded(job);
    this.#state = {
      job,
      events: [],
      missed: 0,
      error: undefined,
      failureCount: 0,
      wanted: id !== undefined && enabled !== false,
      stopped: false,
      cancelAsked: false,
      paused: false,
    };
    this.actions = {
      cancel: () => this.#cancel(),
      consume: () => this.#consume(),
      refetch: () => this.#refetch(),
    };
    this.snapshot = toSnapshot(this.#state, this.actions);
    this.initialSnapshot = this.snapshot;
  }

  setSubscribed(isSubscribed: boolean): void {
    this.#isSubscribed = isSubscribed;
    this.#syncSeat();
  }

  applyOptions(): void {
    const options = this.#owner.options();
    const maxEvents = maxEventsOf(options);
    this.#seat?.change({ wish: wishOf(options), maxEvents });
    const { events } = this.#state;
    this.#update({
      wanted: this.id !== undefined && options.enabled !== false,
      events: events.length > maxEvents ? newest(events, maxEvents) : events,
    });
  }

  settleIfEnded(): void {
    const { job } = this.#state;
    if (job !== undefined && isEnded(job)) this.#owner.settled(job);
  }

  #syncSeat(): void {
    const isNeeded = this.#visits > 0 || (this.#isSubscribed && !this.#isComplete);
    if (isNeeded && this.id !== undefined) {
      if (this.#seat !== undefined) return;
      this.#seat = this.#takeSeat(this.id);
      // Taking it may have told the one subscriber something that made it leave.
      this.#syncSeat();
    } else if (this.#seat !== undefined) {
      this.#seat.leave();
      this.#seat = undefined;
      this.#update({ paused: false });
    }
  }

  #takeSeat(id: string): JobSeat {
    const options = this.#owner.options();
    let seat: JobSeat | undefined;
    // A seat that was left hears nothing more, also of an answer that is being handed round.
    const isMine = (): boolean => this.#isJoining || this.#seat === seat;
    this.#isJoining = true;
    try {
      seat = this.#poller.readJob(id, {
        cursor: this.#cursor,
        maxEvents: maxEventsOf(options),
        wish: wishOf(options),
        reader: {
          onAnswer: (answer) => isMine() && this.#onAnswer(answer),
          onFailure: (failure) => isMine() && this.#onFailure(failure),
          onPaused: (paused) => isMine() && this.#update({ paused }),
        },
      });
    } finally {
      this.#isJoining = false;
    }
    return seat;
  }

  #onAnswer({ job, events, cursor, missed }: JobPoll): void {
    if (job === undefined) {
      this.#onGone();
      return;
    }
    const before = this.#state;
    // The id's type says what its job holds, as it does for `JobClient.poll`.
    const view = job as JobView<Result, Phase>;
    const fresh = events as JobPoll<Result, Phase>['events'];
    const known = before.job;
    const isOld = known !== undefined && (isEnded(known) || isSameView(known, view));
    this.#cursor = cursor;
    this.#isComplete = isEnded(view) && cursor >= (view.progress?.seq ?? 0);
    const maxEvents = maxEventsOf(this.#owner.options());
    this.#update({
      job: isOld ? known : view,
      events: fresh.length === 0 ? before.events : newest([...before.events, ...fresh], maxEvents),
      missed: before.missed + missed,
      error: undefined,
      failureCount: 0,
      stopped: false,
    });
    this.settleIfEnded();
  }

  // What has ended stays on the screen; what was running is not known to run any more.
  #onGone(): void {
    const { job } = this.#state;
    if (job !== undefined && isEnded(job)) {
      this.#isComplete = true;
      this.#update({ error: undefined, failureCount: 0 });
      return;
    }
    const error = new OffstageError(
      'not_found',
      'There is no such job, or it has been released. Start it again if it is still needed.',
    );
    this.#update({ job: undefined, error, failureCount: 0, stopped: true });
    this.#report(error);
  }

  #onFailure({ error, failureCount, stopped }: PollFailure): void {
    this.#update({ error, failureCount, stopped });
    // A failure from before this observer came is state, and no news.
    if (!this.#isJoining) this.#report(error);
  }

  #cancel(): Promise<boolean> {
    this.#cancelCall ??= this.#askToCancel().finally(() => {
      this.#cancelCall = undefined;
    });
    return this.#cancelCall;
  }

  async #askToCancel(): Promise<boolean> {
    const { job } = this.#state;
    if (this.id === undefined || (job !== undefined && isEnded(job))) return false;
    // Shown from now on, and taken back only by a no: views that were on their way may be older.
    this.#update({ cancelAsked: true });
    const asked = await this.#call(() => this.#client.cancel(this.id ?? ''));
    if (!asked) this.#update({ cancelAsked: false });
    // Not awaited: the answer is known, and the look may have to wait for one under way.
    void this.#seat?.refetch();
    return asked;
  }

  async #consume(): Promise<boolean> {
    const { id } = this;
    return id === undefined ? false : this.#call(() => this.#client.consume(id));
  }

  async #call(ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await ask();
    } catch (cause) {
      const error = toOffstageError(cause);
      this.#update({ error });
      this.#report(error);
      return false;
    }
  }

  async #refetch(): Promise<void> {
    if (this.id === undefined) return;
    this.#visits++;
    this.#syncSeat();
    await this.#seat?.refetch();
    this.#visits--;
    this.#syncSeat();
  }

  #report(error: OffstageError): void {
    callSafely(this.#owner.options().onError, error);
  }

  #update(change: Partial<WatchedJob<Result, Phase>>): void {
    const before = this.#state;
    const after = { ...before, ...change };
    if (isShallowEqual(before, after)) return;
    this.#state = after;
    this.snapshot = toSnapshot(after, this.actions);
    this.#owner.changed();
  }
}

const isEnded = <Result, Phase extends string>(
  job: JobView<Result, Phase>,
): job is TerminalJobView<Result, Phase> => isTerminal(job.status);

const newest = <T>(items: readonly T[], count: number): readonly T[] =>
  items.length > count ? items.slice(items.length - count) : items;

const maxEventsOf = ({ maxEvents = 100 }: { readonly maxEvents?: number | undefined }): number =>
  maxEvents;
