import type { Fate, PendingChange } from './memory-disk.ts';
import type { MemoryStorage, MemoryStorageOptions } from './memory-storage.ts';

/** A disk that a loss of power may leave. */
export interface PowerLoss {
  readonly storage: MemoryStorage;
  /** What was not kept, for a person. */
  readonly what: string;
}

/**
 * Every disk that a loss of power may leave, one for each combination of fates: a tree of decisions,
 * walked depth first. At most `limit`; when there are more, those where everything has the same fate
 * come at the end, and `onLimit` is told.
 */
export function* powerLosses(
  storage: MemoryStorage,
  options: MemoryStorageOptions,
  limit: number,
  onLimit: () => void,
): Generator<PowerLoss> {
  let digits: number[] = [];
  for (let count = 0; count < limit; count += 1) {
    const sizes: number[] = [];
    const { decide, what } = noted((change) => {
      const digit = digits[sizes.length] ?? 0;
      sizes.push(change.fates.length);
      return change.fates[digit] ?? 'kept';
    });
    const after = storage.afterPowerLoss(decide, options);
    yield { storage: after, what: what() };
    digits = sizes.map((_, index) => digits[index] ?? 0);
    // On to the next choice of the last decision that has one.
    while (digits.length > 0 && (digits.at(-1) ?? 0) + 1 >= (sizes[digits.length - 1] ?? 0)) {
      digits.pop();
    }
    if (digits.length === 0) return;
    digits.push((digits.pop() ?? 0) + 1);
  }
  onLimit();
  for (const fate of ['lost', 'half', 'torn'] as const) {
    const { decide, what } = noted(({ fates }) => (fates.includes(fate) ? fate : 'kept'));
    const after = storage.afterPowerLoss(decide, options);
    yield { storage: after, what: what() };
  }
}

function noted(choose: (change: PendingChange) => Fate): {
  readonly decide: (change: PendingChange) => Fate;
  readonly what: () => string;
} {
  const notes: [Fate, PendingChange][] = [];
  return {
    decide(change) {
      const fate = choose(change);
      if (fate !== 'kept') notes.push([fate, change]);
      return fate;
    },
    what: () => notes.map(([fate, { what }]) => `${fate} (${what})`).join(', ') || 'all was kept',
  };
}
