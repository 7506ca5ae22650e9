import type { CorpusView } from '../api.ts';
import type { Action } from './action.ts';

export interface StaleCardView {
  readonly title: string;
  readonly text: string;
  readonly actions: readonly Action[];
}

/** What is published was made with other settings or readers; making it anew is a change with nothing in it. */
export function staleCard(
  corpus: CorpusView | undefined,
  { isAsked, indexAgain }: { readonly isAsked: boolean; readonly indexAgain: () => void },
): StaleCardView | undefined {
  const stale = corpus?.stale;
  if (stale == null || !(stale.settingsChanged || stale.outdated > 0)) return undefined;
  const action: Action = {
    ...{ key: 'index', label: 'Index again', look: 'main' },
    isDisabled: isAsked || corpus?.busy !== null,
    act: indexAgain,
  };
  return {
    title: 'The index is stale',
    text: stale.message,
    actions: stale.canIndexAgain ? [action] : [],
  };
}
