import type { Timer } from '../foundation/clock.ts';
import type { StopReason } from '../foundation/errors.ts';
import type { PollOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type { HandlerInfo, JobHost, JobOutcome, JobRun, JobTask } from './job-executor.ts';
import type { OwnerJobs, Watcher } from './job-registry.ts';
import { type JobEvent, type JobState, queuedState, transition } from './job-state.ts';
import { isTerminal, type JobView, type ProgressEvent, type TerminalJobView } from './job-view.ts';
import { ProgressRing, type RingRead } from './progress-ring.ts';
import type { Ranked } from './ranked-list.ts';

/** What a job tells whoever keeps it. */
export interface JobKeeper {
  /** `event` changed the job from `before` to what it is now. */
  changed(job: Job, event: JobEvent, before: JobState): void;
  /** The handler has settled; comes at most once. */
  handlerSettled(job: Job, outcome: JobOutcome): void;
}

export interface JobInit {
  readonly id: string;
  readonly ownerJobs: OwnerJobs<Job>;
  readonly definition: AnyJobDefinition;
  readonly handler: HandlerInfo;
  readonly exclusivityKey: string | undefined;
  readonly input: unknown;
  readonly transfer: readonly unknown[] | undefined;
  readonly progressCapacity: number;
  readonly createdAt: number;
  readonly keeper: JobKeeper;
}

/**
 * One job: its state, its ring, its view, and who waits for it. Its state changes in `dispatch` alone.
 *
 * It is the executor's JobHost and a member of the manager's lists itself, since a job in a queue of
 * ten thousand should cost one object.
 */
export class Job implements JobHost, Ranked<Job> {
  readonly id: string;
  readonly ownerJobs: OwnerJobs<Job>;
  readonly definition: AnyJobDefinition;
  readonly handler: HandlerInfo;
  readonly exclusivityKey: string | undefined;
  /** The place in the queue; later, the time of the last look. */
  rank = 0;
  previous: Job | undefined;
  next: Job | undefined;
  /** From the start of its handler until what it returned is known to be good or bad. */
  isHandling = false;
  /** Neither its handler nor its discard has anything left to do: it can be released (J12). */
  atRest = false;
  watchers: Set<Watcher> | undefined;
  readonly #progressCapacity: number;
  readonly #keeper: JobKeeper;
  #input: unknown;
  #transfer: readonly unknown[] | undefined;
  #state: JobState;
  #view: JobView | undefined;
  #ring: ProgressRing | undefined;
  #ended: Promise<TerminalJobView> | undefined;
  #resolveEnded: JobWaiter | undefined;
  #waiters: Set<JobWaiter> | undefined;
  #run: JobRun | undefined;
  #timeout: Timer | undefined;
  #handlerSettled = false;

  constructor(init: JobInit) {
    this.id = init.id;
    this.ownerJobs = init.ownerJobs;
    this.definition = init.definition;
    this.handler = init.handler;
    this.exclusivityKey = init.exclusivityKey;
    this.previous = undefined;
    this.next = undefined;
    this.watchers = undefined;
    this.#progressCapacity = init.progressCapacity;
    this.#keeper = init.keeper;
    this.#input = init.input;
    this.#transfer = init.transfer;
    this.#state = queuedState(init.createdAt);
  }

  get state(): JobState {
    return this.#state;
  }

  get input(): unknown {
    return this.#input;
  }

  get isTerminal(): boolean {
    return isTerminal(this.#state.status);
  }

  /** Applies one event, then tells; does nothing when the event changes nothing. */
  dispatch(event: JobEvent): void {
    const before = this.#state;
    const after = transition(before, event);
    if (after === before) return;
    this.#state = after;
    this.#view = undefined;
    if (event.type === 'progress') {
      this.#ring ??= new ProgressRing(this.#progressCapacity);
      this.#ring.push(event.event);
    }
    if (isTerminal(after.status)) this.#tellWaiters();
    this.#keeper.changed(this, event, before);
  }

  // The JobHost: what the executor calls.

  progress(event: ProgressEvent): void {
    if (!this.#handlerSettled) this.dispatch({ type: 'progress', event: Object.freeze(event) });
  }

  dropped(count: number): void {
    if (!this.#handlerSettled) this.dispatch({ type: 'dropped', count });
  }

  settled(outcome: JobOutcome): void {
    if (this.#handlerSettled) return;
    this.#handlerSettled = true;
    this.#timeout?.cancel();
    this.#timeout = undefined;
    this.#run = undefined;
    this.#keeper.handlerSettled(this, outcome);
  }

  /** The executor has nothing left of it. */
  get handlerSettled(): boolean {
    return this.#handlerSettled;
  }

  task(): JobTask {
    return {
      jobId: this.id,
      name: this.definition.name,
      attempt: this.#state.attempt,
      input: this.#input,
      transfer: this.#transfer,
      progressCapacity: this.#progressCapacity,
    };
  }

  /** Its handler is under way: takes what stops it, and the timer that may (J6). */
  attach(run: JobRun, timeout: Timer | undefined): void {
    if (this.#handlerSettled) {
      timeout?.cancel();
      return;
    }
    this.#run = run;
    this.#timeout = timeout;
    // It was asked to stop while it was being handed over.
    if (this.#state.stopReason !== null) run.stop(this.#state.stopReason);
  }

  /** Asks the handler to stop; a queued job ends at once (J5). The first reason stays. */
  requestStop(reason: StopReason, at: number): void {
    const { stopReason } = this.#state;
    this.dispatch({ type: 'stopRequested', reason, at });
    if (stopReason === null) this.#run?.stop(reason);
  }

  /** Nothing runs any more, so nothing of what it took to run it is kept (J18). */
  rest(): void {
    this.atRest = true;
    this.#input = undefined;
    this.#transfer = undefined;
  }

  /** The same object until something changes. */
  view(): JobView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  read(options: PollOptions): RingRead {
    const after = repairCursor(options.after);
    return this.#ring?.read(after, repairLimit(options.limit)) ?? nothingRead;
  }

  /** Its last view, or `undefined` while it is active. */
  terminalView(): TerminalJobView | undefined {
    if (!this.isTerminal) return undefined;
    const view = this.view();
    switch (view.status) {
      case 'succeeded':
      case 'failed':
      case 'canceled':
        return view;
      default:
        return undefined;
    }
  }

  /** Resolves to the last view; one promise for all who ask (J17). */
  ended(): Promise<TerminalJobView> {
    this.#ended ??= new Promise((resolve) => {
      const view = this.terminalView();
      if (view === undefined) this.#resolveEnded = resolve;
      else resolve(view);
    });
    return this.#ended;
  }

  /** Called when the job, which is active, turns terminal. */
  addWaiter(waiter: JobWaiter): void {
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  removeWaiter(waiter: JobWaiter): void {
    this.#waiters?.delete(waiter);
  }

  #tellWaiters(): void {
    if (this.#resolveEnded === undefined && this.#waiters === undefined) return;
    const view = this.terminalView();
    if (view === undefined) return;
    this.#resolveEnded?.(view);
    this.#resolveEnded = undefined;
    for (const waiter of this.#waiters ?? []) waiter(view);
    this.#waiters = undefined;
  }

  #makeView(): JobView {
    const state = this.#state;
    const view = {
      id: this.id,
      name: this.definition.name,
      phases: this.definition.phases,
      status: state.status,
      attempt: state.attempt,
      cancelRequested: state.stopReason !== null,
      progress: state.progress,
      droppedReports: state.droppedReports,
      createdAt: state.createdAt,
      startedAt: state.startedAt,
      endedAt: state.endedAt,
      result: state.result,
      failure: state.failure,
    };
    // The state's type has held status, result and failure together; the compiler forgets it here.
    return Object.freeze(view) as JobView;
  }
}

/** Must not throw. */
export type JobWaiter = (view: TerminalJobView) => void;

const nothingRead: RingRead = { events: Object.freeze([]), cursor: 0, missed: 0 };
const defaultLimit = 100;

// A cursor comes from a query string as often as from a poll, so what is malformed is repaired: to
// the oldest event, and to the default limit.
export function repairCursor(after: unknown): number {
  return typeof after === 'number' && after > 0 ? Math.floor(after) : 0;
}

function repairLimit(limit: unknown): number {
  if (typeof limit !== 'number' || Number.isNaN(limit)) return defaultLimit;
  return limit > 0 ? Math.floor(limit) : 0;
}
