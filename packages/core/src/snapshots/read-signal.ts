import { reading, requireSignal } from '../foundation/invalid-option.ts';

/**
 * What the platform's own calls take: what only looks like a signal is none to them.
 *
 * @throws OffstageError `invalid_option`
 */
export function readSignal(signal: AbortSignal | null | undefined): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  requireSignal(signal);
  reading('signal', () => AbortSignal.any([signal]));
  return signal;
}
