import {
  JobCanceledError,
  NonRetriableError,
  RetryAfterError,
  type StopReason,
} from '../foundation/errors.ts';
import { deferred } from '../testing/deferred.ts';
import { InlineExecutor } from './inline-executor.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type { DiscardOutcome } from './job-executor.ts';
import { handle, type JobContext } from './job-handler.ts';

/** A handler of a real executor, driven by hand as a FakeRun is. */
export interface DrivenRun {
  readonly task: { readonly jobId: string };
  readonly stops: readonly StopReason[];
  report(): void;
  return(value: unknown): void;
  throw(): void;
  /** Throws what no other attempt would mend. */
  fail(): void;
  /** Asks for another attempt after so long. */
  retry(afterMs: number): void;
  obey(): void;
}

export interface DrivenDiscard {
  readonly task: { readonly jobId: string; readonly outcome: DiscardOutcome };
  finish(): void;
  fail(error: unknown): void;
}

/** What drives the handlers of a manager in a test; FakeExecutor is one by itself. */
export interface Driver {
  readonly runs: readonly { readonly task: { readonly jobId: string } }[];
  readonly discards: readonly DrivenDiscard[];
  readonly mostAtOnce: number;
  /** False where handlers begin side by side, in no order that anyone could tell. @default true */
  readonly isOrdered?: boolean;
  /** Its newest run. */
  runOf(jobId: string): DrivenRun;
}

/** An InlineExecutor whose handlers do what the test says; names that end in `.plain` do not discard. */
export class DrivenInlineExecutor extends InlineExecutor implements Driver {
  readonly runs: DrivenRun[];
  readonly discards: DrivenDiscard[];
  readonly #counts: { atOnce: number; most: number };

  constructor(definitions: readonly AnyJobDefinition[], concurrency: number) {
    const runs: DrivenRun[] = [];
    const discards: DrivenDiscard[] = [];
    const counts = { atOnce: 0, most: 0 };
    const act = async (context: JobContext<AnyJobDefinition>): Promise<unknown> => {
      const { promise, resolve, reject } = deferred<unknown>();
      const { signal, jobId } = context;
      runs.push({
        task: { jobId },
        get stops() {
          return JobCanceledError.isInstance(signal.reason) ? [signal.reason.reason] : [];
        },
        report: () => context.report({ phase: 'work' }),
        return: resolve,
        throw: () => reject(new TypeError('secret of /srv/app')),
        fail: () => reject(new NonRetriableError('closed')),
        retry: (afterMs) => reject(new RetryAfterError('busy', { afterMs })),
        obey: () => reject(signal.aborted ? signal.reason : new JobCanceledError()),
      });
      counts.atOnce += 1;
      counts.most = Math.max(counts.most, counts.atOnce);
      try {
        return await promise;
      } finally {
        counts.atOnce -= 1;
      }
    };
    const discard = (task: { readonly jobId: string; readonly outcome: DiscardOutcome }) => {
      const { promise, resolve, reject } = deferred<void>();
      discards.push({ task, finish: resolve, fail: reject });
      return promise;
    };
    super(
      definitions.map((definition) =>
        handle(definition, act, definition.name.endsWith('.plain') ? {} : { discard }),
      ),
      { concurrency },
    );
    this.runs = runs;
    this.discards = discards;
    this.#counts = counts;
  }

  get mostAtOnce(): number {
    return this.#counts.most;
  }

  runOf(jobId: string): DrivenRun {
    const run = this.runs.findLast(({ task }) => task.jobId === jobId);
    if (run === undefined) throw new Error(`No handler ran for ${jobId}.`);
    return run;
  }
}
