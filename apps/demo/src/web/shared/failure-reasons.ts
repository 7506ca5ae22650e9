import type { FailureReason } from '../api.ts';
import type { Action } from './action.ts';
import type { DocumentList } from './document-pages.ts';
import { asSentence, countOf } from './format.ts';

/** One reason why documents cannot be searched. */
export interface ReasonView {
  readonly key: string;
  readonly text: string;
  /** Shows these alone, or all of them again. */
  readonly show: Action;
  readonly actions: readonly Action[];
}

export interface FailureReasonsView {
  readonly reasons: readonly ReasonView[];
  /** Of reasons that are not listed, and of files that cannot be tried again; may be empty. */
  readonly note: string;
  /** What can be done with all of them. */
  readonly actions: readonly Action[];
}

interface Doing {
  readonly show: (reason: string) => void;
  /** For that reason alone, or for all. */
  readonly retry: (reason?: string) => void;
  readonly remove: (reason?: string) => void;
}

const shownReasons = 20;

/** @returns `undefined` where the list is of other documents. */
export function failureReasons(
  { query, reasons }: DocumentList,
  doing: Doing,
): FailureReasonsView | undefined {
  if (query.kind !== 'failed') return undefined;
  const sum = (field: 'count' | 'canRetry'): number =>
    reasons.reduce((total, reason) => total + reason[field], 0);
  const [count, canRetry] = [sum('count'), sum('canRetry')];
  const actions: Action[] = [];
  if (reasons.length > 1) {
    if (canRetry > 0) {
      actions.push({ key: 'retry', label: 'Try all again', act: () => doing.retry() });
    }
    actions.push({
      ...{ key: 'remove', label: 'Remove all', isRemoval: true },
      act: () => doing.remove(),
    });
  }
  return {
    reasons: reasons
      .slice(0, shownReasons)
      .map((reason) => reasonView(reason, query.reason, doing)),
    note: [
      reasons.length > shownReasons
        ? `${countOf(reasons.length - shownReasons, 'other reason')} concern the rest of the list.`
        : '',
      canRetry < count
        ? `The content of ${countOf(count - canRetry, 'file')} was not kept: to try again, add ${count - canRetry === 1 ? 'it' : 'them'} once more.`
        : '',
    ]
      .filter((part) => part !== '')
      .join(' '),
    actions,
  };
}

function reasonView(
  { reason, count, canRetry }: FailureReason,
  chosen: string,
  doing: Doing,
): ReasonView {
  const isPressed = chosen === reason;
  const more = ` all of this reason: ${reason}`;
  const retry: Action = {
    ...{ key: 'retry', label: 'Try again', look: 'quiet', more },
    act: () => doing.retry(reason),
  };
  const remove: Action = {
    ...{ key: 'remove', label: 'Remove', look: 'quiet', isRemoval: true, more },
    act: () => doing.remove(reason),
  };
  return {
    key: reason,
    text: asSentence(reason),
    show: {
      ...{ key: 'show', label: countOf(count, 'file'), look: 'quiet', isPressed },
      act: () => doing.show(isPressed ? '' : reason),
    },
    actions: canRetry > 0 ? [retry, remove] : [remove],
  };
}
