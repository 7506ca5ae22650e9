import type { DueClock } from './alarm.ts';
import type { CronTicks } from './cron.ts';
import type { Due } from './due.ts';

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

/**
 * Ticks of a cron expression are moments of the wall clock. A clock that is set back over a tick does
 * not bring it again, as only ticks after the last decided one count.
 */
export function cronTicks(cron: CronTicks, clock: DueClock): ScheduleTicks {
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
export function everyTicks(everyMs: number, decidedAt: number, clock: DueClock): ScheduleTicks {
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
