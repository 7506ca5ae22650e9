import type { Clock } from '@offstage/core';
import type { RedisLink } from '../redis/redis-link.ts';

/**
 * This process' clock, set by that of Redis: what different machines say of one job is in order, though
 * their own clocks differ.
 */
export const serverClock = (clock: Clock, link: RedisLink): Clock => ({
  now: () => clock.now() + link.aheadMs,
  monotonic: () => clock.monotonic(),
  schedule: (delayMs, callback, options) => clock.schedule(delayMs, callback, options),
});
