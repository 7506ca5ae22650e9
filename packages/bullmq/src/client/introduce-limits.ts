import type { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import type { BullJobManagerSettings } from './manager-options.ts';

/**
 * Writes the limits of this manager where all processes read them, in the place of older ones. A manager that
 * says nothing of limits takes those that there are. Resolves to the names that have any.
 */
export async function introduceLimits(
  link: RedisLink,
  { limits }: Pick<BullJobManagerSettings, 'limits'>,
): Promise<ReadonlySet<string>> {
  const key = `${link.base}limits`;
  const known = listOfReply(await link.call('HKEYS', key)).map(textOfReply);
  if (limits === undefined) return new Set(known);
  const set = [...limits].flatMap(([name, { concurrency, perOwner, rate }]) => [
    name,
    JSON.stringify({ concurrency, perOwner, max: rate?.max, perMs: rate?.perMs }),
  ]);
  if (set.length > 0) await link.call('HSET', key, ...set);
  const gone = known.filter((name) => !limits.has(name));
  if (gone.length > 0) await link.call('HDEL', key, ...gone);
  return new Set(limits.keys());
}
