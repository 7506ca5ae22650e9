import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Collects all garbage of this thread, now. */
export const collect: () => void = runInNewContext('gc');

/** The value in the middle; the mean of the two in the middle of an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which `share` (0 to 1) of all values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/**
 * Runs contestants in turn, in alternating order, so that a machine that slows down slows all of
 * them. Each returns its figure for one round. The first round warms up and does not count.
 */
export async function interleave<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) {
      const figure = await contestants[name]();
      if (round > 0) figures[name].push(figure);
    }
  }
  return figures;
}

/** The median of the ratios of each round, which holds when the machine's speed drifts. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN)));
}

/** Keeps `depth` calls in flight until `total` are done; resolves to calls per second. */
export const throughput = (
  total: number,
  depth: number,
  call: () => Promise<unknown>,
): Promise<number> =>
  laneThroughput(total, depth, async (next) => {
    while (next()) await call();
  });

/**
 * The same by `depth` lanes, each of which does one after the other while `next` answers true. What takes
 * several steps is written into the lane: a function around them is one promise more than what takes one.
 */
export async function laneThroughput(
  total: number,
  depth: number,
  lane: (next: () => boolean) => Promise<void>,
): Promise<number> {
  let left = total;
  const next = (): boolean => left-- > 0;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: depth }, () => lane(next)));
  return (total / (performance.now() - startedAt)) * 1000;
}

/** `12.3k/s`. */
export function perSecond(figure: number): string {
  if (figure >= 1e6) return `${(figure / 1e6).toFixed(2)}M/s`;
  return figure >= 1e3 ? `${(figure / 1e3).toFixed(1)}k/s` : `${figure.toFixed(0)}/s`;
}
