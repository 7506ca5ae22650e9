import {
  JobCanceledError,
  NonRetriableError,
  OffstageError,
  PublicError,
  RetryAfterError,
} from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { defineJob } from '../jobs/job-definition.ts';
import { type HandledJob, handle, type Report, transfer } from '../jobs/job-handler.ts';
import { hostileValue } from './hostile-values.ts';

function anything<T = unknown>(): StandardSchema<T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'offstage',
      validate: (value) => ({ value: value as T }),
    },
  };
}

const job = <Input>(name: string, input: StandardSchema<Input>) =>
  defineJob({
    name: `suite.${name}`,
    input,
    result: anything(),
    phases: ['prepare', 'work', 'finish'],
  });

/** Settles when the signal aborts, and never otherwise. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Adds to a counter that every thread sees. */
const count = (counter: SharedArrayBuffer): number =>
  Atomics.add(new Int32Array(counter), 0, 1) + 1;

/**
 * The jobs that the executor suite runs. An `InlineExecutor` takes them as they are; an executor
 * with threads serves them from a worker entry.
 *
 * @example
 * // executor-suite.worker.ts
 * serveJobs(executorSuiteHandlers);
 */
export const executorSuiteHandlers: readonly HandledJob[] = [
  handle(job('echo', anything()), ({ input }) => input),
  handle(job('context', anything()), async ({ jobId, attempt, signal }) => ({
    jobId,
    attempt,
    isSignal: signal instanceof AbortSignal,
    aborted: signal.aborted,
  })),
  handle(job('returnFunction', anything()), () => ({ files: [{ open: () => undefined }] })),
  handle(job('transfer', anything<{ buffer: ArrayBuffer }>()), ({ input }) =>
    transfer({ buffer: input.buffer }, [input.buffer]),
  ),

  handle(job('throw', anything()), () => {
    const cause = Object.assign(new TypeError('The disk is gone.'), { path: '/data' });
    throw Object.assign(new RangeError('Nothing could be written.', { cause }), {
      code: 'E_WRITE',
      attempts: 3,
      files: ['a', 'b'],
    });
  }),
  handle(job('throwPublic', anything()), async () => {
    throw new PublicError('no_documents', 'None of the files could be read.');
  }),
  handle(job('throwValue', anything()), ({ input }) => {
    throw input;
  }),
  handle(job('throwMany', anything()), () => {
    throw new AggregateError([new TypeError('one'), new Error('two')], 'Both failed.');
  }),

  handle(job('wait', anything()), ({ signal, report }) => {
    report({ phase: 'work', message: 'waiting' });
    return aborted(signal);
  }),
  handle(job('stopReason', anything()), async ({ signal, report }) => {
    report({ phase: 'work', message: 'waiting' });
    try {
      return await aborted(signal);
    } catch (error) {
      return {
        same: error === signal.reason,
        isCancel: JobCanceledError.isInstance(error),
        reason: JobCanceledError.isInstance(error) ? error.reason : undefined,
      };
    }
  }),
  handle(job('succeedAnyway', anything()), async ({ signal, report }) => {
    report({ phase: 'work', message: 'waiting' });
    await aborted(signal).catch(() => undefined);
    return 'published';
  }),
  handle(job('abortError', anything()), async ({ signal, report }) => {
    report({ phase: 'work', message: 'waiting' });
    await aborted(signal).catch(() => {
      throw new DOMException('The operation was aborted.', 'AbortError');
    });
  }),
  handle(job('cancelItself', anything()), () => {
    throw new JobCanceledError();
  }),

  handle(job('report', anything<{ reports: number }>()), ({ input, report }) => {
    for (let i = 1; i <= input.reports; i++) {
      report({ phase: 'work', percent: (100 * i) / input.reports, message: `Page ${i}` });
    }
    return input.reports;
  }),
  handle(job('malformed', anything()), ({ report }) => {
    // What a handler in plain JavaScript may do.
    const any = report as Report as (report: unknown) => void;
    const hostile = {
      get phase(): string {
        throw new Error('no phase');
      },
    };
    for (const bad of [undefined, null, 5, 'work', {}, { phase: 'other' }, { phase: 1 }, hostile]) {
      any(bad);
    }
    any({ phase: 'prepare' });
    any({ phase: 'work', percent: 500, message: 'a\u0000b\n\tc' });
    any({ phase: 'work', percent: -3, message: `${'x'.repeat(199)}😀` });
    any({ phase: 'work', percent: Number.NaN, message: 'y'.repeat(100_000) });
    any({ phase: 'work', percent: '7', message: 7 });
    any({ phase: 'finish', percent: null, message: 'Grüße, 世界 \u202e!' });
  }),
  handle(job('reportLater', anything()), ({ report }) => {
    report({ phase: 'work', message: 'in time' });
    Promise.resolve()
      .then(() => undefined)
      .then(() => setTimeout(() => report({ phase: 'finish', message: 'too late' })));
  }),

  handle(
    job('discard', anything<{ counter: SharedArrayBuffer; fail?: boolean }>()),
    ({ signal, report }) => {
      report({ phase: 'work', message: 'waiting' });
      return aborted(signal);
    },
    {
      discard: async ({ input, outcome, jobId }) => {
        count(input.counter);
        if (input.fail) {
          throw Object.assign(new Error(`${jobId} is still there.`), { status: outcome.status });
        }
      },
    },
  ),
  handle(
    job('discardLate', anything<{ counter: SharedArrayBuffer }>()),
    async ({ input, report }) => {
      report({ phase: 'work', message: 'waiting' });
      // Deaf to its signal; ends when the second cell says so.
      const cells = new Int32Array(input.counter);
      while (Atomics.load(cells, 1) === 0) {
        await new Promise<void>((resolve) => setTimeout(resolve));
      }
      if (Atomics.load(cells, 0) > 0) throw new Error('Its discard came before its end.');
    },
    { discard: ({ input }) => void count(input.counter) },
  ),

  handle(job('save', anything<{ states: readonly unknown[] }>()), async ({ input, save }) => {
    for (const state of input.states) await save(state);
    const last = { pages: [1] };
    const saving = save(last);
    // What is done to it later is not in what was saved.
    last.pages.push(2);
    await saving;
    throw new Error('Another attempt may go on.');
  }),
  handle(job('saveAndThrow', anything()), ({ input, save }) => {
    void save(input);
    throw new Error('It did not wait.');
  }),
  handle(job('saved', anything()), ({ saved }) => {
    const found = structuredClone(saved);
    if (typeof saved === 'object' && saved !== null) Object.assign(saved, { changed: true });
    return found;
  }),
  handle(job('saveFaulty', anything<{ state: string }>()), async ({ input, save }) => {
    const state = faultyStates[input.state]?.();
    const code = await save(state).then(
      () => 'kept',
      (error: unknown) => (OffstageError.isInstance(error) ? error.code : String(error)),
    );
    await save('fine');
    return code;
  }),
  handle(job('throwFinal', anything()), () => {
    throw new AccountClosedError('The account is closed.', {
      cause: new PublicError('closed', 'Your account is closed.'),
    });
  }),
  handle(job('throwRetryAfter', anything<{ afterMs: number }>()), ({ input }) => {
    throw new RetryAfterError('The service is busy.', {
      afterMs: input.afterMs,
      cause: new PublicError('busy', 'Try later.'),
    });
  }),
  handle(job('late', anything<{ counter: SharedArrayBuffer }>()), ({ input, report, save }) => {
    const cells = new Int32Array(input.counter);
    report({ phase: 'work', message: 'in time' });
    const goOn = (): void => {
      // Until the attempt after this one is under way.
      if (Atomics.load(cells, 0) === 0) return void setTimeout(goOn);
      report({ phase: 'work', message: 'late' });
      save('late').then(
        () => Atomics.store(cells, 1, 1),
        (error: unknown) => {
          const isTold = OffstageError.isInstance(error) && error.code === 'canceled';
          Atomics.store(cells, 1, isTold ? 2 : 3);
        },
      );
    };
    setTimeout(goOn);
    throw new Error('Another attempt may go on.');
  }),
  handle(job('hostile', anything<HostileInput>()), ({ input, report }) => behave(input, report), {
    // Its input may be hostile itself, and its answer no promise.
    discard: ({ input }) => behave(input, undefined) as undefined,
  }),
];

/** An application's own kind of it. */
class AccountClosedError extends NonRetriableError {
  override readonly name: string = 'AccountClosedError';
}

/** What `save` refuses, by the code that it refuses with. */
export const faultyStateCodes: Readonly<Record<string, 'not_serializable' | 'too_large'>> = {
  'a function': 'not_serializable',
  'a function deep inside': 'not_serializable',
  'a symbol': 'not_serializable',
  'a promise': 'not_serializable',
  'a revoked proxy': 'not_serializable',
  'a getter that throws': 'not_serializable',
  'shared memory': 'not_serializable',
  'a view of shared memory': 'not_serializable',
  'a long text': 'too_large',
  'a wide text': 'too_large',
  'a large buffer': 'too_large',
  'many numbers': 'too_large',
  'a large map': 'too_large',
  'a large key': 'too_large',
  'a large error': 'too_large',
  'a large pattern': 'too_large',
};

const faultyStates: Readonly<Record<string, () => unknown>> = {
  'a function': () => () => undefined,
  'a function deep inside': () => ({ pages: [new Map([['next', { open: () => undefined }]])] }),
  'a symbol': () => Symbol('page'),
  'a promise': () => ({ page: Promise.resolve(1) }),
  'a revoked proxy': () => hostileValue('a revoked proxy'),
  'a getter that throws': () => ({
    get page(): number {
      throw new TypeError('no page');
    },
  }),
  'shared memory': () => ({ cells: new SharedArrayBuffer(8) }),
  'a view of shared memory': () => new Int32Array(new SharedArrayBuffer(8)),
  'a long text': () => 'x'.repeat(262_145),
  'a wide text': () => 'Ж'.repeat(131_073),
  'a large buffer': () => ({ pixels: new Uint8Array(262_145) }),
  'many numbers': () => Array.from({ length: 40_000 }, (_, i) => i),
  'a large map': () => new Map(Array.from({ length: 20_000 }, (_, i) => [i, `page ${i}`])),
  'a large key': () => ({ ['k'.repeat(262_145)]: 1 }),
  'a large error': () => new Error('x'.repeat(262_145)),
  'a large pattern': () => new RegExp('x'.repeat(262_145)),
};

/** What a handler or a discard does with a hostile value. */
export const hostileWays = [
  'return',
  'return later',
  'return in a field',
  'throw',
  'reject with',
  'throw as a cause',
  'throw among errors',
  'throw in a field',
  'report',
] as const;

export type HostileWay = (typeof hostileWays)[number];

interface HostileInput {
  readonly value: string;
  readonly way: HostileWay;
}

function behave({ value: name, way }: HostileInput, report: unknown): unknown {
  const value = hostileValue(name);
  switch (way) {
    case 'return':
      return value;
    case 'return later':
      return Promise.resolve().then(() => value);
    case 'return in a field':
      return { fine: 1, field: value };
    case 'throw':
      throw value;
    case 'reject with':
      return Promise.reject(value);
    case 'throw as a cause':
      throw new Error('It has a cause.', { cause: value });
    case 'throw among errors':
      throw new AggregateError([new Error('one'), value], 'There are many.');
    case 'throw in a field':
      throw Object.assign(new Error('It has a field.'), { field: value });
    case 'report': {
      // What a handler in plain JavaScript may do.
      const any = report as ((report: unknown) => void) | undefined;
      any?.(value);
      any?.({ phase: value, percent: value, message: value });
      any?.({ phase: 'work', percent: value, message: value });
      return 'reported';
    }
  }
}

// Timers are in every platform that handlers run on; no library declares them for all.
declare function setTimeout(callback: () => void): unknown;
