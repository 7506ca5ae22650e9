import type { Action } from './action.ts';
import type { DocumentList, DocumentPages } from './document-pages.ts';
import {
  type Choice,
  isFiltered,
  kindChoices,
  orderChoices,
  orderOf,
  queryOfOrder,
} from './list-words.ts';

export interface ChoiceView {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
}

/** Which documents are listed, and in which order. */
export interface ListToolsView {
  readonly label: string;
  readonly name: { readonly label: string; readonly value: string };
  readonly onName: (name: string) => void;
  readonly selects: readonly ChoiceView[];
  readonly actions: readonly Action[];
}

export function listTools(
  { query, kinds, partly }: DocumentList,
  { ask }: Pick<DocumentPages, 'ask'>,
): ListToolsView {
  const all: Action = {
    ...{ key: 'all', label: 'Show all', look: 'quiet' },
    act: () => ask({ name: '', kind: '', reason: '' }),
  };
  return {
    label: 'Filter the list',
    name: { label: 'Filter by name', value: query.name },
    onName: (name) => ask({ name }),
    selects: [
      {
        ...{ label: 'Kind', choices: kindChoices(kinds, partly), value: query.kind },
        onChoose: (kind) => ask({ kind, reason: '' }),
      },
      {
        ...{ label: 'Order', choices: orderChoices, value: orderOf(query) },
        onChoose: (value) => ask(queryOfOrder(value)),
      },
    ],
    actions: isFiltered(query) ? [all] : [],
  };
}
