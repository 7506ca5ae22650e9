/*
 * The numbers of a job's events over the ends of its process (H3).
 *
 * A journal has the newest progress of each second, so more may have been shown than the next process knows
 * of. Its numbers begin above all that were ever given out, at the next multiple of a number that no process
 * reaches: a cursor of the life before is below every event of this one, and hides none.
 *
 *   life 0:  1 2 3 ... 450 (kept) ... 500 (shown, lost)
 *   life 1:  1,000,000,000,001  1,000,000,000,002 ...
 */

/** Thirty hours of a loop that does nothing but report. A thousand lives are within the safe numbers. */
const numbersPerLife = 1e12;

/**
 * Below the numbers of a process that begins, or goes on, with this attempt: it is durable before its handler
 * runs, and no other process that was killed had it.
 */
export const beforeLife = (attempt: number): number => (attempt - 1) * numbersPerLife;

/** Below the numbers of the life that `seq` is of. */
export const lifeOf = (seq: number): number => seq - (seq % numbersPerLife);

/**
 * How many numbers above `from` and up to `to` are not those of `events`. What was lost with a process
 * nobody counted, so it counts as one, unless nothing was read before.
 */
export function missedBetween(
  from: number,
  events: readonly { readonly seq: number }[],
  to: number,
): number {
  if (lifeOf(from) === lifeOf(to)) return to - from - events.length;
  let missed = 0;
  let before = from;
  for (const { seq } of events) {
    missed += numbersAfter(before, seq) - 1;
    before = seq;
  }
  return missed + numbersAfter(before, to);
}

function numbersAfter(from: number, to: number): number {
  const life = lifeOf(to);
  return life === lifeOf(from) ? to - from : to - life + (from === 0 ? 0 : 1);
}
