import type { RedisLink } from '../redis/redis-link.ts';
import type { BullJobManagerSettings } from './manager-options.ts';

/** Writes the limits of this manager's definitions where all processes read them, and takes away old ones. */
export async function introduceLimits(
  link: RedisLink,
  { definitions, limits }: Pick<BullJobManagerSettings, 'definitions' | 'limits'>,
): Promise<void> {
  const key = `${link.base}limits`;
  const set = [...limits].flatMap(([name, { concurrency, perOwner, rate }]) => [
    name,
    JSON.stringify({ concurrency, perOwner, max: rate?.max, perMs: rate?.perMs }),
  ]);
  if (set.length > 0) await link.call('HSET', key, ...set);
  const free = [...definitions.keys()].filter((name) => !limits.has(name));
  if (free.length > 0) await link.call('HDEL', key, ...free);
}
