/** The longest wait between two tries, in milliseconds (U3). */
export const maxBackoffMs = 30_000;

// A server may ask for any wait; past this it would look like a page that died.
const maxRetryAfterMs = 3_600_000;

/**
 * How long to wait after `failureCount` failures in a row: twice the interval, then four times, up
 * to 30 s, of which the upper half is left to chance ("equal jitter"), so that the clients of a
 * server which comes back do not all arrive at once.
 *
 * @param random 0 to 1, from the random port.
 */
export function backoffMs(intervalMs: number, failureCount: number, random: number): number {
  const ceilingMs = Math.min(maxBackoffMs, intervalMs * 2 ** Math.min(failureCount, 30));
  return ceilingMs / 2 + (ceilingMs / 2) * Math.min(1, Math.max(0, random));
}

/** `details.retryAfterMs` of a coded error, at most an hour; 0 where there is none. */
export function retryAfterMs(details: Readonly<Record<string, unknown>>): number {
  const { retryAfterMs: value } = details;
  if (typeof value !== 'number' || !(value > 0)) return 0;
  return Math.min(value, maxRetryAfterMs);
}
