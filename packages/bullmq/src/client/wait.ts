import {
  isTerminal,
  type JobView,
  OffstageError,
  type TerminalJobView,
  type Timer,
  type WaitOptions,
} from '@offstage/core';
import { managerClosed, requireDuration } from '@offstage/core/engine';
import { viewOf } from '../records/job-record.ts';
import { gone } from '../records/job-store.ts';
import { isJobId } from '../shared/names.ts';
import type { BullContext } from './bull-context.ts';

// A message that was lost is made up for this late.
const lookAgainMs = 1000;

/**
 * Resolves to the terminal view (J17): looks, and again at every hint.
 *
 * @throws OffstageError `not_found`, `wait_timeout`, `unavailable`, `manager_closed`; the signal's reason.
 */
export async function waitForEnd(
  context: BullContext,
  owner: string,
  id: string,
  { signal, timeoutMs = Infinity }: WaitOptions,
): Promise<TerminalJobView> {
  if (!isJobId(id)) throw gone();
  requireDuration('timeoutMs', timeoutMs);
  const { clock } = context.settings;
  const look = async (): Promise<TerminalJobView | undefined> => {
    const record = (await context.store.look(owner, [{ id }], true))[0]?.record;
    if (record === undefined) throw gone();
    return terminal(viewOf(record));
  };
  if (signal?.aborted) throw signal.reason;
  const known = await look();
  if (known !== undefined) return known;
  // It may have been aborted meanwhile.
  signal?.throwIfAborted();
  let ticking: Timer | undefined;
  let timeout: Timer | undefined;
  let leave = (): void => {};
  try {
    return await new Promise<TerminalJobView>((resolve, reject) => {
      let isLooking = false;
      let isAsked = false;
      const again = (): void => {
        isAsked = true;
        if (isLooking) return;
        isLooking = true;
        void (async () => {
          while (isAsked) {
            isAsked = false;
            const view = await look();
            if (view !== undefined) return resolve(view);
          }
          isLooking = false;
        })().catch((error) => {
          isLooking = false;
          // Redis comes back; who waits goes on waiting (E6), but for one whose manager was closed.
          if (context.link.isClosed) reject(managerClosed());
          else if (!OffstageError.isInstance(error) || error.code !== 'unavailable') reject(error);
        });
      };
      const tick = (): void => {
        ticking = clock.schedule(lookAgainMs, tick, { keepAlive: true });
        again();
      };
      const onAbort = (): void => reject(signal?.reason);
      const stop = context.channels.listen(`of:${owner}`, {
        onMessage: (text) => {
          if (text.slice(1) === id && !text.startsWith('p')) again();
        },
        onUp: (isUp) => {
          if (isUp) again();
        },
      });
      leave = () => {
        stop();
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      ticking = clock.schedule(lookAgainMs, tick, { keepAlive: true });
      if (timeoutMs === Infinity) return;
      const late = (): void =>
        reject(
          new OffstageError(
            'wait_timeout',
            `The job did not end within ${timeoutMs} ms. It goes on.`,
          ),
        );
      timeout = clock.schedule(timeoutMs, late);
    });
  } finally {
    leave();
    ticking?.cancel();
    timeout?.cancel();
  }
}

function terminal(view: JobView): TerminalJobView | undefined {
  return isTerminal(view.status) ? (view as TerminalJobView) : undefined;
}
