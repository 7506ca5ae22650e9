import { NonRetriableError, OffstageError, RetryAfterError } from '../foundation/errors.ts';

/** How often a job is attempted, and how long it waits in between. */
export interface RetryOptions {
  /** All attempts, the first among them; 1 to 1,000. @default 1 */
  readonly attempts: number;
  /** The longest wait before the second attempt, in milliseconds. @default 1000 */
  readonly delayMs?: number | undefined;
  /** By how much the longest wait grows with each further attempt, 1 to 100. @default 2 */
  readonly factor?: number | undefined;
  /** No wait is longer, in milliseconds; at most 30 days. @default 60_000, or delayMs where that is more */
  readonly maxDelayMs?: number | undefined;
}

const longestDelayMs = 2_592_000_000;

/** `retry` of a definition, checked. `reject` must throw. */
export function checkRetry(retry: unknown, reject: (message: string) => never): void {
  if (retry === undefined) return;
  if (typeof retry !== 'object' || retry === null) {
    reject('retry must be an object such as { attempts: 3 }.');
  }
  const { attempts, delayMs, factor, maxDelayMs, ...others } = retry as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    reject('retry is made of attempts, delayMs, factor and maxDelayMs, and of nothing else.');
  }
  if (!Number.isSafeInteger(attempts) || !isWithin(attempts, 1, 1000)) {
    reject('retry.attempts must be a whole number from 1 to 1,000.');
  }
  if (delayMs !== undefined && !isWithin(delayMs, 0, longestDelayMs)) {
    reject('retry.delayMs must be 0 to 2,592,000,000 milliseconds (30 days).');
  }
  if (factor !== undefined && !isWithin(factor, 1, 100)) {
    reject('retry.factor must be a number from 1 to 100.');
  }
  if (maxDelayMs !== undefined && !isWithin(maxDelayMs, delayMs ?? 0, longestDelayMs)) {
    reject('retry.maxDelayMs must be at least retry.delayMs, and at most 2,592,000,000 (30 days).');
  }
}

/**
 * How long to wait before the attempt after this one, which failed with `error`; `undefined` where no
 * other attempt would mend it. The delay has full jitter, so that ten thousand jobs which failed
 * together do not come back together.
 *
 * @param attempt the number of the attempt that failed.
 * @param random 0 to 1, 1 excluded.
 */
export function retryDelayMs(
  retry: RetryOptions | undefined,
  attempt: number,
  error: unknown,
  random: () => number,
): number | undefined {
  if (retry === undefined || attempt >= retry.attempts || isFinal(error)) return undefined;
  const afterMs = askedDelayMs(error);
  if (afterMs !== undefined) return afterMs;
  const { delayMs = 1000, factor = 2 } = retry;
  if (delayMs === 0) return 0;
  const { maxDelayMs = Math.max(60_000, delayMs) } = retry;
  return random() * Math.min(maxDelayMs, delayMs * factor ** (attempt - 1));
}

const finalCodes: ReadonlySet<string> = new Set([
  'invalid_result',
  'lock_unsupported',
  'not_serializable',
  'too_large',
  'unknown_definition',
]);

function isFinal(error: unknown): boolean {
  if (NonRetriableError.isInstance(error)) return true;
  try {
    return OffstageError.isInstance(error) && finalCodes.has(error.code);
  } catch {
    return false;
  }
}

// It may come from another thread, or from anywhere: what is no delay counts as none (F1).
function askedDelayMs(error: unknown): number | undefined {
  if (!RetryAfterError.isInstance(error)) return undefined;
  try {
    const { afterMs } = error;
    return isWithin(afterMs, 0, longestDelayMs) ? Number(afterMs) : undefined;
  } catch {
    return undefined;
  }
}

const isWithin = (value: unknown, least: unknown, most: number): boolean =>
  typeof value === 'number' && value >= Number(least) && value <= most;
