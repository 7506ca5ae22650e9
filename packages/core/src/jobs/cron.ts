import { Cron } from 'croner';
import { OffstageError } from '../foundation/errors.ts';

/** The moments that a cron expression names in a time zone, in milliseconds since the Unix epoch. */
export interface CronTicks {
  /** The first one after a moment; `undefined` where there is none any more. */
  next(after: number): number | undefined;
  /** The last one up to a moment, that moment included. */
  newest(until: number): number | undefined;
}

/**
 * Daylight saving is croner's: where the clock is set forward over a tick of one time a day, the tick
 * comes right after the gap; where it is set back over one, it comes once.
 *
 * This is the only file that imports croner, and it is loaded when the first cron schedule is set, so
 * that nobody else pays for it.
 *
 * @throws OffstageError `invalid_option`, naming `cron` or `timezone` and what to write there.
 */
export function readCron(cron: string, timezone: string): CronTicks {
  requireTimezone(timezone);
  let ticks: CronTicks;
  let next: number | undefined;
  try {
    // No function: it computes, and sets no timer of its own.
    const job = new Cron(cron, { timezone, paused: true });
    ticks = {
      next: (after) => job.nextRun(new Date(after))?.getTime(),
      newest: (until) => job.previousRuns(1, new Date(until + 1))[0]?.getTime(),
    };
    next = ticks.next(0);
  } catch (cause) {
    throw invalidCron('is no cron expression', cause);
  }
  if (next === undefined) throw invalidCron('names no moment that ever comes');
  return ticks;
}

function invalidCron(what: string, cause?: unknown): OffstageError {
  return new OffstageError(
    'invalid_option',
    `cron ${what}. Write five fields, minute to day of the week ('0 3 * * *' is every day at three), ` +
      'or six with seconds first.',
    { details: { option: 'cron' }, ...(cause === undefined ? {} : { cause }) },
  );
}

function requireTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw new OffstageError(
      'invalid_option',
      "timezone must be a name of the IANA time zone database, such as 'Europe/Berlin' or 'UTC'.",
      { details: { option: 'timezone' }, cause },
    );
  }
}
