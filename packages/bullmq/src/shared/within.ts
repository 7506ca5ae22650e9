import type { Clock } from '@offstage/core';
import { sleep } from '@offstage/core/engine';

/** What there is instead of what took too long. */
export const late: unique symbol = Symbol('late');

/** What `done` comes to, or `late` after so long; what it comes to after that is nobody's. No timer is left behind. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  done: Promise<T>,
): Promise<T | typeof late> {
  const settled = new AbortController();
  const limit = sleep(clock, limitMs, { signal: settled.signal, keepAlive: true });
  try {
    return await Promise.race([done, limit.then((): typeof late => late)]);
  } finally {
    settled.abort();
    await limit.catch(() => {});
  }
}
