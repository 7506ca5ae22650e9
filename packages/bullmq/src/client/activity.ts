import type { Activity } from '@offstage/core';
import { listOfReply } from '../redis/reply.ts';
import { activityScript } from '../redis/scripts.ts';
import type { BullContext } from './bull-context.ts';

/** `of` is '' for all owners, or ' ' and the owner's part. */
export async function readActivity(
  { link, isClosed }: Pick<BullContext, 'link' | 'isClosed'>,
  of: string,
): Promise<Activity> {
  const [queued = 0, active = 0, foregroundLeases = 0, held = 0] = listOfReply(
    await link.run(activityScript, [of]),
  ).map((count) => Math.max(0, Number(count)));
  const maintenance = held > 0;
  return Object.freeze({
    queued,
    running: Math.max(0, active - queued),
    foregroundLeases,
    maintenance,
    accepting: !isClosed() && !maintenance,
  });
}
