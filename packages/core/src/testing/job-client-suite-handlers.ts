import * as z from 'zod/mini';
import {
  JobCanceledError,
  NonRetriableError,
  PublicError,
  RetryAfterError,
} from '../foundation/errors.ts';
import { defineJob } from '../jobs/job-definition.ts';
import { type HandledJob, handle } from '../jobs/job-handler.ts';

/** What no observer may ever read; the suite looks for it in every view of a failed job. */
export const suiteSecret = 'secret-7f3a';

const ended = z.enum(['return', 'throw', 'cancel']);

/**
 * The job that the suite runs most. Its input says how the handler behaves, since a client can tell a
 * handler nothing else but `cancel`, wherever it runs.
 */
export const suiteJob = defineJob({
  name: 'suite.job',
  input: z.object({
    /** First this many reports. */
    reports: z._default(z.number(), 0),
    /** Then it waits for a cancel, or not. */
    wait: z._default(z.boolean(), false),
    /** Then it ends so: 'cancel' throws a JobCanceledError. */
    end: z._default(ended, 'return'),
    value: z._default(z.string(), 'done'),
  }),
  result: z.object({ value: z.string(), jobId: z.string() }),
  phases: ['prepare', 'work'],
});

/** Fails with an error that is public, or whose result is off its schema. */
export const suiteFaultyJob = defineJob({
  name: 'suite.faulty',
  input: z.object({ fault: z.enum(['public', 'result']) }),
  result: z.object({ pages: z.number() }),
  phases: ['work'],
});

/** Reports what is malformed, among what is not. */
export const suiteMalformedJob = defineJob({
  name: 'suite.malformed',
  input: z.object({}),
  result: z.object({}),
  phases: ['work'],
});

/** Waits until it is told to stop, which its own `timeoutMs` does. */
export const suiteTimeoutJob = defineJob({
  name: 'suite.timeout',
  input: z.object({}),
  result: z.object({}),
  phases: ['work'],
  timeoutMs: 20,
});

/** Fails as often as it is told, and is attempted again: at once, or in a day. */
export const suiteFlakyJob = defineJob({
  name: 'suite.flaky',
  input: z.object({
    failures: z.number(),
    next: z._default(z.enum(['at once', 'in a day', 'never']), 'at once'),
  }),
  result: z.object({ attempt: z.number(), saved: z.array(z.number()) }),
  phases: ['work'],
  retry: { attempts: 3, delayMs: 0 },
});

/** How long 'in a day' is. */
export const suiteDayMs = 86_400_000;

/** A definition without a handler. */
export const suiteUnhandledJob = defineJob({
  name: 'suite.unhandled',
  input: z.object({}),
  result: z.object({}),
  phases: ['work'],
});

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * The handlers of the job client suite, for an executor in this thread or in another:
 *
 * @example
 * // job-client-suite.worker.ts
 * serveJobs(jobClientSuiteHandlers);
 */
export const jobClientSuiteHandlers: readonly HandledJob[] = [
  handle(suiteJob, async ({ input, signal, report, jobId }) => {
    for (let index = 1; index <= input.reports; index++) {
      report({
        phase: index === 1 ? 'prepare' : 'work',
        percent: (100 * index) / input.reports,
        message: `report ${index}`,
      });
    }
    if (input.wait) await stopped(signal);
    if (input.end === 'throw') throw new TypeError(`${suiteSecret} in /etc/passwd`);
    if (input.end === 'cancel') {
      signal.throwIfAborted();
      throw new JobCanceledError();
    }
    return { value: input.value, jobId };
  }),

  handle(suiteFaultyJob, ({ input }) => {
    if (input.fault === 'public') {
      throw new PublicError('no_documents', 'None of the 12 files could be read.', {
        cause: new Error(suiteSecret),
      });
    }
    return JSON.parse('{"pages":"three"}');
  }),

  handle(suiteMalformedJob, ({ report }) => {
    const wrong = (value: unknown) => report(value as Parameters<typeof report>[0]);
    report({ phase: 'work', percent: 150, message: 'too much' });
    report({ phase: 'work', percent: -1, message: 'a\u0000b\nc' });
    report({ phase: 'work', percent: Number.NaN, message: 'x'.repeat(1000) });
    wrong({ phase: 'elsewhere' });
    wrong(null);
    report({ phase: 'work', percent: 99 });
    return {};
  }),

  handle(suiteTimeoutJob, async ({ signal }) => {
    await stopped(signal);
    throw signal.reason;
  }),

  handle(suiteFlakyJob, async ({ input, report, attempt, saved, save }) => {
    const before = Array.isArray(saved) ? saved.map(Number) : [];
    report({ phase: 'work', percent: 50, message: `attempt ${attempt}` });
    if (attempt > input.failures) return { attempt, saved: before };
    await save([...before, attempt]);
    const cause = new PublicError('busy', 'The archive is busy.', {
      cause: new Error(suiteSecret),
    });
    if (input.next === 'in a day') {
      throw new RetryAfterError(suiteSecret, { afterMs: suiteDayMs, cause });
    }
    if (input.next === 'never') throw new NonRetriableError(suiteSecret, { cause });
    throw cause;
  }),
];
