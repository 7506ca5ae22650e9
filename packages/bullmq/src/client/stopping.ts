import type { StopReason } from '@offstage/core';
import { type Committed, freedBy } from '../records/job-store.ts';
import type { BullContext } from './bull-context.ts';

type StopContext = Pick<BullContext, 'store' | 'bull' | 'settings'>;

/** Asks a job to stop, for good: the request stands in Redis before anybody is told of it (E2). */
export async function requestStop(
  { store, bull, settings }: StopContext,
  id: string,
  reason: StopReason,
): Promise<Committed> {
  await store.learnHandlers();
  const at = settings.clock.now();
  const committed = await store.dispatch(id, ({ state }) =>
    state.endedAt === null ? { type: 'stopRequested', at, reason } : undefined,
  );
  if (committed.type === 'done') {
    for (const freed of freedBy(committed)) await bull.addKnown(freed, at);
    if (committed.record.state.status !== 'running') await bull.remove(id);
  }
  return committed;
}
