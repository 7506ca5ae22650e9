import type { Busy } from '../api.ts';
import { formatElapsed } from './format.ts';
import type { Label } from './job-words.ts';

/** Somebody else's change, of which no more is to be seen than that it is at work (D5). */
export interface BusyCardView {
  readonly title: string;
  readonly badge: Label;
  readonly text: (now: number) => string;
}

/** @param isAsking A change of one's own waits: its card says it, too. */
export function busyCard(
  busy: Busy | null | undefined,
  isAsking: boolean,
): BusyCardView | undefined {
  if (busy == null || busy.mine || isAsking) return undefined;
  return {
    title: 'In use elsewhere',
    badge: { text: 'Running', tone: 'run' },
    text: (now) => `${busy.message} It began ${formatElapsed(now - busy.since)} ago.`,
  };
}
