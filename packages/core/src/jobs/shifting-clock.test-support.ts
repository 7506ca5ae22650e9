import { simulatedClock } from '../testing/simulated-clock.ts';
import type { DueClock } from './alarm.ts';

export interface ShiftingClock extends DueClock {
  /** Sets the wall clock; no time passes. */
  set(moment: number): void;
  advance(durationMs: number): Promise<void>;
  readonly pending: number;
}

/** A simulated clock whose wall can be set while its monotonic side goes on. */
export function shiftingClock(start: number | string = 0): ShiftingClock {
  const base = simulatedClock();
  let offset = typeof start === 'string' ? Date.parse(start) : start;
  return {
    now: () => base.now() + offset,
    monotonic: () => base.now(),
    schedule: (delayMs, callback) => base.schedule(delayMs, callback),
    set(moment) {
      offset = moment - base.now();
    },
    advance: (durationMs) => base.advance(durationMs),
    get pending() {
      return base.pending;
    },
  };
}

/** The option that a call refuses, and whether the refusal says what to do. */
export function refusedOption(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return Object(error).details?.option ?? error;
  }
  return undefined;
}
