import type { Action } from './action.ts';
import { formatCount } from './format.ts';

/** What can be done with the documents that were chosen. */
export interface SelectionBarView {
  readonly title: string;
  readonly actions: readonly Action[];
}

interface Doing {
  readonly chooseAll: () => void;
  readonly chooseNone: () => void;
  readonly remove: () => void;
}

/** @returns `undefined` where nothing is chosen. */
export function selectionBar(
  chosen: number,
  total: number,
  doing: Doing,
): SelectionBarView | undefined {
  if (chosen === 0) return undefined;
  const all: Action = {
    ...{ key: 'all', label: `Choose all ${formatCount(total)}`, look: 'quiet' },
    act: doing.chooseAll,
  };
  const none: Action = {
    ...{ key: 'none', label: 'Choose none', look: 'quiet' },
    act: doing.chooseNone,
  };
  const remove: Action = { key: 'remove', label: 'Remove chosen', act: doing.remove };
  return {
    title: `${formatCount(chosen)} chosen`,
    actions: chosen < total ? [all, none, remove] : [none, remove],
  };
}
