import type { OffstageError, StopReason } from '../foundation/errors.ts';
import type { PollOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type { JobDelay } from './job-delay.ts';
import type { HandlerInfo, JobTask } from './job-executor.ts';
import type { OwnerJobs, Watcher } from './job-registry.ts';
import type { JobState } from './job-state.ts';
import { isTerminal, type JobView, type ProgressEvent, type TerminalJobView } from './job-view.ts';
import type { JobWithId } from './jobs-by-id.ts';
import type { KeyMember } from './keys.ts';
import type { LineMember } from './line.ts';
import type { PendingWrite } from './pending-write.ts';
import { ProgressRing, type RingRead } from './progress-ring.ts';
import type { Ranked } from './ranked-list.ts';
import type { StartPlan } from './start-options.ts';

export interface JobInit {
  readonly id: string;
  readonly ownerJobs: OwnerJobs<Job>;
  readonly definition: AnyJobDefinition;
  readonly handler: HandlerInfo;
  readonly input: unknown;
  readonly plan: StartPlan;
  readonly progressCapacity: number;
  /** The input as the caller passed it, where a journal keeps it. */
  readonly given?: { readonly input: unknown } | undefined;
}

/** What a job knows of its attempt. */
export interface AttemptUnderWay {
  /** The executor has nothing left of it. */
  readonly isOver: boolean;
  /** Its time limit does not count any more. */
  end(): void;
  stop(reason: StopReason): void;
  /** What it still tells reaches nothing. */
  giveUp(): void;
}

/**
 * One job, from its admission to its release: its state, its ring, its view, and who waits for it. The
 * engine alone changes its state, by `become`.
 *
 * It is a member of the manager's lists itself, since a job among a hundred thousand that wait should
 * cost one object.
 */
export class Job implements Ranked<Job>, LineMember<Job>, KeyMember<Job>, JobWithId<Job> {
  readonly id: string;
  readonly ownerJobs: OwnerJobs<Job>;
  readonly definition: AnyJobDefinition;
  readonly handler: HandlerInfo;
  /** Below the numbers of all that is reported in this process. */
  readonly life: number;
  /** The time of the last look, once it is at rest. */
  rank = 0;
  // Those of its owner's jobs by id.
  older: Job | undefined;
  newer: Job | undefined;
  inBucket: Job | undefined;
  // The line's, the keys' or the expiry's, whichever it is in.
  previous: Job | undefined;
  next: Job | undefined;
  lane: LineMember<Job>['lane'];
  order = 0;
  delay: JobDelay<Job> | undefined;
  waitsForKey = false;
  holdsSlot = false;
  /** While its handler is under way, also after a shutdown gave it up. */
  attempt: AttemptUnderWay | undefined;
  /** What its handler saved last (A10). */
  saved: unknown;
  watchers: Set<Watcher> | undefined;
  // Those of its owner's jobs at rest.
  keptBefore: Job | undefined;
  keptAfter: Job | undefined;
  /** About what it holds at rest; -1 where nobody counts it. */
  keptBytes = -1;
  /** What its journal has not got yet. */
  pendingWrite: PendingWrite | undefined;
  readonly #progressCapacity: number;
  /** What its start asked for; `planOfNone` of most, which then hold nothing of their own. */
  #plan: StartPlan;
  #input: unknown;
  #given: { readonly input: unknown } | undefined;
  #state: JobState;
  #view: JobView | undefined;
  #ring: ProgressRing | undefined;
  #ended: Promise<TerminalJobView> | undefined;
  #resolveEnded: ResolveEnded | undefined;
  #left: OffstageError | undefined;
  #waiters: Set<JobWaiter> | undefined;

  constructor(init: JobInit, state: JobState, life = 0) {
    this.id = init.id;
    this.ownerJobs = init.ownerJobs;
    this.definition = init.definition;
    this.handler = init.handler;
    this.life = life;
    this.#progressCapacity = init.progressCapacity;
    this.#plan = init.plan;
    this.#input = init.input;
    this.#given = init.given;
    this.#state = state;
    if (state.progress !== null) this.#keepProgress(null);
  }

  get name(): string {
    return this.definition.name;
  }

  get owner(): string {
    return this.ownerJobs.owner;
  }

  get exclusivityKey(): string | undefined {
    return this.#plan.exclusivityKey;
  }

  get priority(): number {
    return this.#plan.priority;
  }

  get retryOf(): string | null {
    return this.#plan.retryOf;
  }

  get state(): JobState {
    return this.#state;
  }

  get input(): unknown {
    return this.#input === notParsed ? this.#given?.input : this.#input;
  }

  /** The input as the caller passed it; with a journal alone. */
  get given(): unknown {
    return this.#given?.input;
  }

  /** Whether its input has been parsed; that of a job which was kept is when the job begins. */
  get isParsed(): boolean {
    return this.#input !== notParsed;
  }

  parsed(input: unknown): void {
    this.#input = input;
  }

  /** It is not durable yet: nobody sees it, and it does not begin. */
  get isAdmitting(): boolean {
    return this.pendingWrite?.type === 'admitted';
  }

  /** It was kept, and the application has no definition or no handler for it any more (K5). */
  get isOrphan(): boolean {
    return this.handler === orphaned;
  }

  /** By itself, or together with the owner's other jobs. */
  get isWatched(): boolean {
    return this.watchers !== undefined || this.ownerJobs.watchers !== undefined;
  }

  get isTerminal(): boolean {
    return isTerminal(this.#state.status);
  }

  get atRest(): boolean {
    return this.#state.atRest;
  }

  /** Takes the next state, and keeps its progress where that is what is new. */
  become(state: JobState): void {
    const { progress, status } = this.#state;
    this.#state = state;
    // What a terminal job still goes through, its view does not show.
    if (isTerminal(status)) return;
    this.#view = undefined;
    if (state.progress !== progress) this.#keepProgress(progress);
    if (isTerminal(state.status)) this.#tellWaiters();
  }

  task(): JobTask {
    return {
      jobId: this.id,
      name: this.definition.name,
      attempt: this.#state.attempt,
      saved: this.saved,
      input: this.#input,
      transfer: this.#plan.transfer,
      progressCapacity: this.#progressCapacity,
    };
  }

  /** Its input can still be run: it was kept, and moved to no thread (A11). */
  get isRetriable(): boolean {
    return this.#input !== inputGone && this.#plan.transfer === undefined;
  }

  /** Nothing runs any more, so what it took to run it is not kept (J18), but the input if so asked. */
  rest(keepsInput: boolean): void {
    this.attempt = undefined;
    this.saved = undefined;
    this.delay = undefined;
    if (keepsInput && this.isRetriable) {
      if (this.#given === undefined) return;
      // Parsed again when it is run again.
      this.#input = notParsed;
      return;
    }
    this.#input = inputGone;
    this.#given = undefined;
    if (this.#plan.transfer !== undefined) this.#plan = { ...this.#plan, transfer: undefined };
  }

  /** The same object until something changes. */
  view(): JobView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  read(options: PollOptions): RingRead {
    const after = repairCursor(options.after);
    if (this.#ring === undefined && this.life === 0) return nothingRead;
    return (this.#ring ?? this.#newRing()).read(after, repairLimit(options.limit));
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
    if (this.#ended === undefined) {
      const view = this.terminalView();
      if (view !== undefined) return Promise.resolve(view);
      if (this.#left !== undefined) return Promise.reject(this.#left);
      this.#ended = new Promise((resolve) => {
        this.#resolveEnded = resolve;
      });
    }
    return this.#ended;
  }

  /** Another process goes on with it: who waits for its end hears why it does not come here (K4). */
  leave(error: OffstageError): void {
    this.#left = error;
    for (const waiter of this.#waiters ?? []) waiter(error);
    this.#waiters = undefined;
    // Of all who wait without a bound; a promise that is resolved to one which rejects is rejected.
    this.#resolveEnded?.(Promise.reject(error));
    this.#resolveEnded = undefined;
  }

  /** Why its end does not come here. */
  get left(): OffstageError | undefined {
    return this.#left;
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
    // Who waits has it; who asks later gets another, which holds less than one kept for each job.
    this.#ended = undefined;
    this.#waiters?.forEach((waiter) => {
      waiter(view);
    });
    this.#waiters = undefined;
  }

  #keepProgress(before: ProgressEvent | null): void {
    const { progress } = this.#state;
    if (progress === null || progress === before) return;
    this.#ring ??= this.#newRing();
    this.#ring.push(progress);
  }

  #newRing(): ProgressRing {
    return new ProgressRing(this.#progressCapacity, this.life);
  }

  #makeView(): JobView {
    const state = this.#state;
    const view = {
      id: this.id,
      name: this.definition.name,
      phases: this.definition.phases,
      status: state.status,
      attempt: state.attempt,
      maxAttempts: state.maxAttempts,
      availableAt: state.availableAt,
      lastFailure: state.lastFailure,
      retryOf: this.retryOf,
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

type ResolveEnded = (end: TerminalJobView | Promise<never>) => void;

const inputGone = Symbol('input gone');
/** The input of a job that was kept: it stands in what was given, and is parsed when the job begins. */
export const notParsed = Symbol('not parsed');

/** What the application has no handler for. */
export const orphaned: HandlerInfo = Object.freeze({ discards: false });

/** Must not throw. Gets why the end does not come, where it comes in another process. */
export type JobWaiter = (end: TerminalJobView | OffstageError) => void;

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
