import type { Action } from './action.ts';
import { countOf } from './format.ts';
import { checkingText, type PendingState, pendingTitles } from './pending-change.ts';

/** A change that was asked for and is not shown as a job yet. */
export interface PendingCardView {
  readonly title: string;
  readonly text: string;
  /** Why it is not at work; empty where there is nothing to say. */
  readonly note: string;
  readonly isProblem: boolean;
  readonly actions: readonly Action[];
}

interface Around {
  /** The job whose card is shown. */
  readonly shownJob: string | undefined;
  /** Why a change has to wait. */
  readonly busy: string | undefined;
  readonly tryNow: () => void;
  readonly drop: () => void;
}

/** @returns `undefined` where nothing is asked for, or its job is shown. */
export function pendingCard(state: PendingState, around: Around): PendingCardView | undefined {
  const { status, error, jobId } = state;
  if (status === 'idle' || (status === 'started' && around.shownJob === jobId)) return undefined;
  const isWaiting = status === 'waiting';
  const isRefused = status === 'refused';
  const drop = { key: 'drop', label: isWaiting ? 'Do not wait' : 'Drop it', act: around.drop };
  const again: Action = {
    ...{ key: 'again', label: 'Try again', look: 'main' },
    act: around.tryNow,
  };
  return {
    title: pendingTitles[status],
    text: whatOf(state),
    note: isWaiting
      ? `${around.busy ?? 'Another change is at work.'} Then yours starts by itself.`
      : isRefused
        ? (error?.message ?? 'It could not be started.')
        : status === 'checking'
          ? checkingText
          : '',
    isProblem: isRefused,
    actions: isRefused ? [again, drop] : isWaiting ? [drop] : [],
  };
}

function whatOf({ add, remove, retry }: PendingState): string {
  const parts = [
    add.length > 0 && `${countOf(add.length, 'file')} to add`,
    remove.length > 0 && `${countOf(remove.length, 'document')} to remove`,
    retry.length > 0 && `${countOf(retry.length, 'file')} to try again`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'Everything to index again' : parts.join(', ');
}
