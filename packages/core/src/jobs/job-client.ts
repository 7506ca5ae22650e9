import type { AnyJobDefinition, InputOf, PhaseOf, ResultOf } from './job-definition.ts';
import type { JobId, JobStatus, JobView, ProgressEvent, TerminalJobView } from './job-view.ts';

export interface StartOptions {
  /** Admits one queued or running job with this key across all owners. */
  readonly exclusivityKey?: string | undefined;
  /**
   * What to do where the key is held. `'reject'`: `conflict`. `'join'`: resolve to the owner's own
   * job that holds it. `'queue'`: wait behind it. `'replace'`: ask the owner's own holder to stop and
   * begin when that is at rest; of several that wait to replace, the newest stays. Another owner's holder
   * can be neither joined nor replaced. @default 'reject'
   */
  readonly onConflict?: 'reject' | 'join' | 'queue' | 'replace' | undefined;
  /** Begin after this many milliseconds at the earliest. Not together with `startAt`. */
  readonly delayMs?: number | undefined;
  /** Begin at this moment at the earliest: a Date, or milliseconds since the Unix epoch. */
  readonly startAt?: Date | number | undefined;
  /**
   * Higher first, a whole number from -1,000,000 to 1,000,000. Within a priority owners take turns.
   * @default 0
   */
  readonly priority?: number | undefined;
  /**
   * Names this one start, 1 to 255 characters: who asks again with it, because the answer was lost or
   * late, gets the job that was started. Another input, or other options but `transfer`, are refused
   * with `idempotency_key_reused`. Remembered per owner for as long as the job is. `HttpJobClient` makes
   * one for each start. @default none
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Buffers and ports of the input to move to the handler's thread without a copy. They are
   * detached here afterwards, also for `discard`.
   */
  readonly transfer?: readonly unknown[] | undefined;
}

export interface PollOptions {
  /** The cursor of the last poll; 0 reads from the oldest event kept. @default 0 */
  readonly after?: number | undefined;
  /** At most this many events; 0 reads the view alone. @default 100 */
  readonly limit?: number | undefined;
}

/**
 * The definition of the job that an id means, for the types of its view; nothing is done with it. An id
 * from `start` brings these types with it, a plain string does not.
 */
export interface DefinedBy<D extends AnyJobDefinition> {
  readonly definition: D;
}

export interface JobPoll<Result = unknown, Phase extends string = string> {
  /** `undefined` for a foreign, an unknown and an expired job alike. */
  readonly job: JobView<Result, Phase> | undefined;
  /** Events with `seq > after`, oldest first. */
  readonly events: readonly ProgressEvent<Phase>[];
  /** Pass it as `after` of the next poll. */
  readonly cursor: number;
  /** How many events between `after` and `cursor` were dropped before they were read. */
  readonly missed: number;
}

/** Which of an owner's jobs, and how many of them. */
export interface ListFilter {
  readonly status?: JobStatus | readonly JobStatus[] | undefined;
  readonly name?: string | undefined;
  /** At most this many, 1 to 1,000; more count as 1,000. @default 100 */
  readonly limit?: number | undefined;
  /** The id of the last job of the page before: the list goes on with those started before it. */
  readonly before?: string | undefined;
  /** Views with their results. Without, `result` is `undefined` in a list. @default false */
  readonly results?: boolean | undefined;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rejects with `wait_timeout` after this many milliseconds. The job goes on. */
  readonly timeoutMs?: number | undefined;
}

/** What stands in the way of new jobs right now. */
export interface Activity {
  /** The owner's own queued jobs; all owners' on the manager. */
  readonly queued: number;
  readonly running: number;
  readonly foregroundLeases: number;
  readonly maintenance: boolean;
  /**
   * False while maintenance is held and after a shutdown began: what was decided, not what is broken. A journal that
   * takes nothing is told to whoever starts a job, and by `JobManager.health`.
   */
  readonly accepting: boolean;
}

/**
 * What a hint is about: a job that merely told of its progress, or one that came, went, changed
 * its status or was asked to stop.
 */
export type ChangeKind = 'change' | 'progress';

/**
 * What one owner may see and do. `JobManager.forOwner`, `HttpJobClient` and `BullJobManager.forOwner`
 * all give this, and the job client suite of `@offstage/core/testing` holds them to it.
 */
export interface JobClient {
  /**
   * Whose jobs these are, where the client knows: whoever serves it counts what one owner holds by
   * this. It is nothing to send to anyone.
   */
  readonly owner?: string | undefined;
  /**
   * Another text after every change of the owner's jobs, progress apart, where the client knows: what
   * was read under one version is still right while it is the same.
   */
  readonly version?: string | undefined;

  /**
   * Starts a job and resolves to its first view, which is frozen, when it is as safe as the manager
   * keeps jobs.
   *
   * @throws OffstageError `invalid_input`, `unknown_definition`, `conflict`, `idempotency_key_reused`,
   * `admission_paused`, `queue_full`, `manager_closed`, `executor_failed`; with a journal also `locked`,
   * `journal_full`, `journal_failed`, `too_large`, `not_serializable`. Nothing is left behind.
   */
  start<D extends AnyJobDefinition>(
    definition: D,
    input: InputOf<D>,
    options?: StartOptions,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>>;

  get<D extends AnyJobDefinition>(
    id: string,
    options: DefinedBy<D>,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>> | undefined>;
  get<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P> | undefined>;
  get(id: string): Promise<JobView | undefined>;

  /** Job and events in one look; reading consumes nothing. */
  poll<D extends AnyJobDefinition>(
    id: string,
    options: PollOptions & DefinedBy<D>,
  ): Promise<JobPoll<ResultOf<D>, PhaseOf<D>>>;
  poll<R, P extends string>(id: JobId<R, P>, options?: PollOptions): Promise<JobPoll<R, P>>;
  poll(id: string, options?: PollOptions): Promise<JobPoll>;

  /** Many polls in one round trip, answered in the order asked. */
  pollMany(
    requests: readonly (PollOptions & { readonly id: string })[],
  ): Promise<readonly JobPoll[]>;

  /**
   * The owner's jobs, newest first, a page at a time, without their results unless asked for.
   *
   * @throws OffstageError `not_found` when the job that `before` names has been released.
   * @example
   * const first = await jobs.list({ status: 'succeeded' });
   * const second = await jobs.list({ status: 'succeeded', before: first.at(-1)?.id });
   */
  list(filter?: ListFilter): Promise<readonly JobView[]>;

  /** Asks a job to stop; true while it is not terminal. */
  cancel(id: string): Promise<boolean>;

  /**
   * Starts a new job with the definition and the input of one that ended `failed` or `canceled`, under
   * its key and priority; `retryOf` of the new one names it.
   *
   * @throws OffstageError `not_found`; `not_retriable` while it is active, where it succeeded, and where
   * its input was not kept (see `keepInputs` of `JobManager`); and what `start` throws.
   */
  retry<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P>>;
  retry(id: string): Promise<JobView>;

  /** Releases a terminal job; true once, then false. */
  consume(id: string): Promise<boolean>;

  /**
   * Resolves to the terminal view.
   *
   * @throws OffstageError `not_found` for a foreign, unknown or expired job, also when it is
   * released while waited for; `wait_timeout`; the signal's reason.
   * @example
   * const { result } = await jobs.wait(idFromTheAddressBar, { definition: ingest });
   */
  wait<D extends AnyJobDefinition>(
    id: string,
    options: WaitOptions & DefinedBy<D>,
  ): Promise<TerminalJobView<ResultOf<D>, PhaseOf<D>>>;
  wait<R, P extends string>(id: JobId<R, P>, options?: WaitOptions): Promise<TerminalJobView<R, P>>;
  wait(id: string, options?: WaitOptions): Promise<TerminalJobView>;

  activity(): Promise<Activity>;

  /**
   * Present where changes can be pushed. `onChange` is a hint to poll again, called after every
   * change of that job (or of any of the owner's jobs, without an id), with the id of the job that
   * changed, and what of it, where the client knows these; hints for one job may be merged. Where the
   * hint itself brought what it tells of, it comes as `poll`: as if it had been polled from where the
   * hint before ended. Returns the way to stop.
   *
   * Over a network hints may cease to come: `onPush(false)` says so, also within this call, and
   * `onPush(true)` that they come again, followed by a hint unless nothing was missed. Until it is
   * called, hints come.
   */
  watch?(
    id: string | undefined,
    onChange: (changedId?: string, kind?: ChangeKind, poll?: JobPoll) => void,
    onPush?: (isPushed: boolean) => void,
  ): () => void;
}
