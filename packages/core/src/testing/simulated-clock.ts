import type { Clock, Timer } from '../foundation/clock.ts';

export interface SimulatedClock extends Clock {
  /** How many timers are set. */
  readonly pending: number;
  /**
   * Moves time on and fires what falls due, in order. Between two timers all promise callbacks that
   * are ready run, so what a timer starts has happened before the next one fires.
   */
  advance(durationMs: number): Promise<void>;
  /**
   * Sets what `now` tells, as somebody does who sets the clock of the machine. Neither `monotonic` nor
   * a timer notices (F6).
   *
   * @example
   * clock.setWallClock(clock.now() - 3_600_000);
   */
  setWallClock(nowMs: number): void;
}

// What a machine that was started a little while ago would tell.
const bootMs = 1_000_000;

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test moves it. `now` starts at `startMs`, `monotonic` elsewhere, so
 * that who takes one for the other is found out. @default startMs 0
 */
export function simulatedClock(startMs = 0): SimulatedClock {
  let nowMs = bootMs;
  let aheadMs = startMs - bootMs;
  let order = 0;
  const entries = new Set<Entry>();

  const nextDue = (untilMs: number): Entry | undefined => {
    let next: Entry | undefined;
    for (const entry of entries) {
      if (entry.dueMs > untilMs) continue;
      if (next === undefined || entry.dueMs < next.dueMs) next = entry;
      else if (entry.dueMs === next.dueMs && entry.order < next.order) next = entry;
    }
    return next;
  };

  return {
    now: () => nowMs + aheadMs,
    monotonic: () => nowMs,
    schedule(delayMs, callback): Timer {
      const entry = { dueMs: nowMs + Math.max(0, delayMs), order: order++, callback };
      entries.add(entry);
      return { cancel: () => void entries.delete(entry) };
    },
    get pending() {
      return entries.size;
    },
    setWallClock(wallMs) {
      aheadMs = wallMs - nowMs;
    },
    async advance(durationMs) {
      const untilMs = nowMs + durationMs;
      await settle();
      for (let entry = nextDue(untilMs); entry !== undefined; entry = nextDue(untilMs)) {
        entries.delete(entry);
        nowMs = Math.max(nowMs, entry.dueMs);
        entry.callback();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

/** Resolves when all promise callbacks that were ready have run: a turn of the event loop later. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
