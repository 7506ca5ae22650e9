import { type Clock, OffstageError, type Timer } from '@offstage/core';
import { randomId } from '@offstage/core/engine';
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
  const inTheWay = String(await link.run(leaseScript, [what, token, lapsesMs, '0']));
  if (inTheWay !== 'ok') throw refusal(what, inTheWay);
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

function refusal(what: 'foreground' | 'maintenance', inTheWay: string): OffstageError {
  if (what === 'foreground') {
    return new OffstageError('admission_paused', 'Maintenance is under way.');
  }
  const holder = {
    jobs: 'jobs are active',
    foreground: 'a foreground lease is held',
    maintenance: 'maintenance is held already',
  }[inTheWay];
  return new OffstageError(
    'conflict',
    `Maintenance cannot begin while ${holder ?? 'something is under way'}.`,
    { details: { inTheWay } },
  );
}
