import type { Clock, OffstageError, Timer } from '@offstage/core';
import { admissionPaused, maintenanceConflict, randomId } from '@offstage/core/engine';
import type { RedisLink } from '../redis/redis-link.ts';
import { leaseScript, unleaseScript } from '../redis/scripts.ts';

/** Keeps maintenance, or jobs, out until it is released. Lapses when its process is gone. */
export interface BullLease extends AsyncDisposable {
  release(): Promise<void>;
}

// A process that is gone holds its lease for so long.
const lapsesMs = 30_000;

/** @throws OffstageError `admission_paused`, `conflict`. */
export async function takeLease(
  link: RedisLink,
  clock: Clock,
  what: 'foreground' | 'maintenance',
  report: (error: unknown) => void,
): Promise<BullLease> {
  const token = randomId();
  const answer = await link.run(leaseScript, [what, token, lapsesMs, '0']);
  if (Array.isArray(answer)) throw refusal(what, answer.map(Number));
  let timer: Timer | undefined;
  let released: Promise<void> | undefined;
  const later = (): void => {
    timer = clock.schedule(lapsesMs / 3, () => {
      link
        .run(leaseScript, [what, token, lapsesMs, '1'])
        .catch(report)
        .then(() => {
          if (released === undefined) later();
        });
    });
  };
  later();
  const release = (): Promise<void> => {
    released ??= (async () => {
      timer?.cancel();
      await link.run(unleaseScript, [token]);
    })();
    return released;
  };
  return { release, [Symbol.asyncDispose]: release };
}

function refusal(
  what: 'foreground' | 'maintenance',
  [activeJobs = 0, foregroundLeases = 0, held = 0]: readonly number[],
): OffstageError {
  return what === 'foreground'
    ? admissionPaused()
    : maintenanceConflict({ activeJobs, foregroundLeases, maintenance: held > 0 });
}
