import { type Clock, OffstageError } from '@offstage/core';
import { sleep } from '@offstage/core/engine';
import type { RedisLink } from '../redis/redis-link.ts';

export const longestWaitMs = 5000;

interface Insistence {
  readonly clock: Clock;
  readonly link: RedisLink;
  readonly report: (error: unknown) => unknown;
}

/**
 * Does what has to be done in Redis, again and again until Redis takes it: an end that is not written
 * would be a job lost (E6). Rejects with what no waiting would mend, or when this process has closed its connections.
 */
export async function insist<T>(
  { clock, link, report }: Insistence,
  act: () => Promise<T>,
): Promise<T> {
  for (let waitMs = 100; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await act();
    } catch (error) {
      if (!mayPass(error) || link.isClosed) throw error;
      if (waitMs === 100) report(error);
      await sleep(clock, waitMs, { keepAlive: true });
    }
  }
}

const mayPass = (error: unknown): boolean =>
  OffstageError.isInstance(error) &&
  (error.code === 'unavailable' || error.code === 'redis_unsuitable');
