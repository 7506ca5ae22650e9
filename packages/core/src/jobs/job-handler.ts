import { JobCanceledError, OffstageError } from '../foundation/errors.ts';
import { invalidOption, listOf, reading, requireOptions } from '../foundation/invalid-option.ts';
import {
  type AnyJobDefinition,
  type ParsedInputOf,
  type PhaseOf,
  type ReturnOf,
  readDefinition,
  requireDefinition,
} from './job-definition.ts';
import type { DiscardOutcome, JobOutcome } from './job-executor.ts';

export interface ProgressReport<Phase extends string = string> {
  readonly phase: Phase;
  /** 0 to 100; leave it out (or `null`) when unknown. */
  readonly percent?: number | null | undefined;
  readonly message?: string | undefined;
}

/** Never blocks, never throws, needs no await; also from a synchronous loop. */
export type Report<Phase extends string = string> = (report: ProgressReport<Phase>) => void;

export interface JobContext<D extends AnyJobDefinition> {
  readonly input: ParsedInputOf<D>;
  /** Aborts when the job is asked to stop. Its reason is a JobCanceledError. */
  readonly signal: AbortSignal;
  readonly report: Report<PhaseOf<D>>;
  /** The same over all attempts, so it is the key of what may happen once: `finalize(…, { key: jobId })`. */
  readonly jobId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /**
   * Keeps up to 256 KiB of structured-cloneable state for the next attempt, in place of what was saved
   * before. Resolves when it is kept as safely as the job itself; rejects with `too_large` or
   * `not_serializable`.
   */
  readonly save: (state: unknown) => Promise<void>;
  /** What an attempt before this one saved last; `undefined` where none did. */
  readonly saved: unknown;
}

export type JobHandler<D extends AnyJobDefinition> = (
  context: JobContext<D>,
) => Promise<ReturnOf<D> | Transfer<ReturnOf<D>>> | ReturnOf<D> | Transfer<ReturnOf<D>>;

export interface HandleOptions<D extends AnyJobDefinition> {
  /**
   * Removes what was prepared for a job that did not succeed, whether or not its handler ran. Runs
   * exactly once, where handlers run, before the exclusivity key is freed.
   */
  readonly discard?:
    | ((context: {
        readonly input: ParsedInputOf<D>;
        readonly outcome: DiscardOutcome;
        readonly jobId: string;
      }) => Promise<void> | void)
    | undefined;
}

/** A definition together with the code that does its work. */
export interface HandledJob<D extends AnyJobDefinition = AnyJobDefinition> {
  readonly definition: D;
  readonly handler: JobHandler<D>;
  readonly discard: HandleOptions<D>['discard'];
}

/**
 * Binds a handler to its definition, for `InlineExecutor` and `serveJobs` alike.
 *
 * @throws OffstageError `invalid_definition`, `invalid_option`.
 * @example
 * handle(ingest, async ({ input, signal, report }) => { … }, { discard: ({ input }) => remove(input) });
 */
export function handle<D extends AnyJobDefinition>(
  definition: D,
  handler: JobHandler<D>,
  options: HandleOptions<D> = {},
): HandledJob<D> {
  requireOptions(options);
  const discard = reading('options', () => options.discard);
  return checkedHandler({ definition, handler, discard });
}

function checkedHandler<D extends AnyJobDefinition>(job: HandledJob<D>): HandledJob<D> {
  const { handler, discard } = job;
  const definition = readDefinition(job.definition);
  requireDefinition(definition);
  if (typeof handler !== 'function') throw invalidOption('handler', 'a function', handler);
  if (discard !== undefined && typeof discard !== 'function') {
    throw invalidOption('discard', 'a function', discard);
  }
  return Object.freeze({ definition, handler, discard });
}

/**
 * Handlers by name.
 *
 * @throws OffstageError `invalid_definition`, also when a name occurs twice; `invalid_option`.
 */
export function indexHandlers(jobs: readonly HandledJob[]): ReadonlyMap<string, HandledJob> {
  const byName = new Map<string, HandledJob>();
  for (const given of listOf('jobs', jobs)) {
    if (typeof given !== 'object' || given === null) {
      throw invalidOption('jobs', 'a list of what handle() gives', given);
    }
    const { definition, handler, discard } = reading('jobs', () => ({ ...given }));
    const job = checkedHandler({ definition, handler, discard });
    const { name } = job.definition;
    if (byName.has(name)) {
      throw new OffstageError('invalid_definition', `Two handlers are given for job "${name}".`, {
        details: { name },
      });
    }
    byName.set(name, job);
  }
  return byName;
}

const transferMark = Symbol.for('offstage.transfer');

/** A return value together with the buffers in it that move without a copy. */
export interface Transfer<T> {
  readonly [transferMark]: true;
  readonly value: T;
  readonly list: readonly unknown[];
}

/**
 * Returns `value` from a handler and moves the listed buffers and ports instead of copying them.
 *
 * @example
 * return transfer({ pixels }, [pixels.buffer]);
 */
export function transfer<T>(value: T, list: readonly unknown[]): Transfer<T> {
  return { [transferMark]: true, value, list };
}

const isTransfer = (value: unknown): value is Transfer<unknown> =>
  typeof value === 'object' && value !== null && transferMark in value;

/** A handler's outcome, with the transfer list of what it returned. */
export interface HandlerEnd {
  readonly outcome: JobOutcome;
  readonly transfer: readonly unknown[];
}

/** Runs a handler and says how it ended. Never rejects, whatever the handler returns or throws. */
export const runHandler = (
  job: HandledJob,
  context: JobContext<AnyJobDefinition>,
): Promise<HandlerEnd> =>
  new Promise((resolve) => {
    callHandler(job, context, { ended: (outcome, transfer) => resolve({ outcome, transfer }) });
  });

/** Who hears how a handler ended. */
export interface HandlerCaller {
  ended(outcome: JobOutcome, transfer: HandlerEnd['transfer']): void;
}

/**
 * The same, telling the first end by a call, which costs a tiny job less than a promise. Every executor
 * goes through here, so that an end means the same in this thread and in another. Never throws.
 */
export function callHandler(
  job: HandledJob,
  context: JobContext<AnyJobDefinition>,
  caller: HandlerCaller,
): void {
  const onError = (error: unknown): void =>
    caller.ended(isStop(error, context) ? { type: 'stopped' } : { type: 'threw', error }, nothing);
  const onValue = (value: unknown): void => {
    let moved: unknown = value;
    let list = nothing;
    try {
      if (isTransfer(value)) ({ value: moved, list } = value);
    } catch (error) {
      onError(error);
      return;
    }
    caller.ended({ type: 'returned', value: moved }, list);
  };
  try {
    const returned: unknown = job.handler(context);
    // Whatever it is: a promise of another realm, a thenable, a plain value.
    Promise.resolve(returned).then(onValue, onError);
  } catch (error) {
    onError(error);
  }
}

const nothing: HandlerEnd['transfer'] = [];

// A handler obeys its signal by throwing the reason itself, or what a library throws for it: an
// AbortError, with or without the reason as its cause (Node's timers and streams do so). What throws
// when it is looked at is none of these (F1).
function isStop(error: unknown, context: JobContext<AnyJobDefinition>): boolean {
  if (JobCanceledError.isInstance(error)) return true;
  try {
    const { signal } = context;
    if (!signal.aborted) return false;
    if (error === signal.reason) return true;
    return (
      typeof error === 'object' &&
      error !== null &&
      (Reflect.get(error, 'name') === 'AbortError' || Reflect.get(error, 'cause') === signal.reason)
    );
  } catch {
    return false;
  }
}
