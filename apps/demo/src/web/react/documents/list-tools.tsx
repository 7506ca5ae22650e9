import {
  isFiltered,
  kindChoices,
  orderChoices,
  orderOf,
  queryOfOrder,
} from '../../shared/list-words.ts';
import { useApp } from '../app-context.ts';
import { Select } from '../parts/select.tsx';
import { useStore } from '../use-store.ts';

/** Which documents are listed, and in which order. */
export function ListTools() {
  const { documents } = useApp();
  const { query, kinds } = useStore(documents);
  return (
    <search className="list-tools" aria-label="Filter the list">
      <input
        className="field"
        type="search"
        aria-label="Filter by name"
        placeholder="Filter by name"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={query.name}
        onChange={({ currentTarget }) => documents.ask({ name: currentTarget.value })}
      />
      <Select
        label="Kind"
        choices={kindChoices(kinds)}
        value={query.kind}
        onChoose={(kind) => documents.ask({ kind, reason: '' })}
      />
      <Select
        label="Order"
        choices={orderChoices}
        value={orderOf(query)}
        onChoose={(value) => documents.ask(queryOfOrder(value))}
      />
      {isFiltered(query) && (
        <button
          type="button"
          className="button button--quiet button--small"
          onClick={() => documents.ask({ name: '', kind: '', reason: '' })}
        >
          Show all
        </button>
      )}
    </search>
  );
}
