import type { DueClock } from './alarm.ts';
import type { CronTicks } from './cron.ts';
import type { Due } from './due.ts';
import type { ScheduleRecord } from './schedule-options.ts';

/** What ticks need of a clock. */
export type TickClock = Pick<DueClock, 'now' | 'monotonic'>;

/** A tick that has come and is not decided yet. */
export interface Tick {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly lateMs: number;
}

/** When a schedule's ticks come. */
export interface ScheduleTicks {
  /**
   * The newest tick after `decidedAt` that has come; those before it are passed over. Asked again it
   * is another one.
   */
  take(decidedAt: number): Tick | undefined;
  /** How to wait for the first after `decidedAt`, come or not; `undefined` where none comes any more. */
  due(decidedAt: number): Due | undefined;
}

// A tick that comes later than this was not waited for: the machine slept, or its clock jumped.
const latestMs = 60_000;

/** Whether a tick is passed over, as nobody was there for it. */
export function isMissed(
  catchUp: ScheduleRecord['catchUp'],
  { lateMs }: Tick,
  wasThere: boolean,
): boolean {
  return catchUp === 'none' && lateMs > (wasThere ? latestMs : 0);
}

/**
 * The ticks of a schedule, by when the last of them was decided.
 *
 * @throws OffstageError `invalid_option` for a cron expression or a time zone that is none.
 */
export async function readTicks(
  { cron, everyMs, timezone }: Pick<ScheduleRecord, 'cron' | 'everyMs' | 'timezone'>,
  clock: TickClock,
): Promise<(decidedAt: number) => ScheduleTicks> {
  if (everyMs !== null) return (decidedAt) => everyTicks(everyMs, decidedAt, clock);
  const { readCron } = await import('./cron.ts');
  const ticks = readCron(cron ?? '', timezone);
  return () => cronTicks(ticks, clock);
}

/**
 * Ticks of a cron expression are moments of the wall clock. A clock that is set back over a tick does
 * not bring it again, as only ticks after the last decided one count.
 */
function cronTicks(cron: CronTicks, clock: TickClock): ScheduleTicks {
  return {
    take(decidedAt) {
      const now = clock.now();
      const at = cron.newest(now);
      return at === undefined || at <= decidedAt ? undefined : { at, lateMs: now - at };
    },
    due(decidedAt) {
      const at = cron.next(decidedAt);
      return at === undefined ? undefined : { at };
    },
  };
}

/**
 * Ticks of `everyMs` are a duration apart, on the monotonic clock: a wall clock that is set neither
 * stops nor doubles them (F6). Over a restart only the wall clock tells how much time has passed; one
 * that was set back meanwhile makes the next tick come after `everyMs` at the latest.
 */
function everyTicks(everyMs: number, decidedAt: number, clock: TickClock): ScheduleTicks {
  const sinceMs = clock.now() - decidedAt;
  let dueAt = clock.monotonic() + Math.min(everyMs, everyMs - sinceMs);
  return {
    take() {
      const overdueMs = clock.monotonic() - dueAt;
      if (overdueMs < 0) return undefined;
      const lateMs = overdueMs % everyMs;
      dueAt += overdueMs - lateMs + everyMs;
      return { at: Math.round(clock.now() - lateMs), lateMs };
    },
    due: () => ({ afterMs: Math.max(0, dueAt - clock.monotonic()) }),
  };
}
