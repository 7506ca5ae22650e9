import { searchFilters } from '../../shared/search-view.ts';
import { useApp } from '../app-context.ts';
import { Select } from '../parts/select.tsx';
import { useStore } from '../use-store.ts';

/** Of which kinds, and in which folders, is searched. */
export function SearchFilters() {
  const { documents, router, search } = useApp();
  const { search: ask } = useStore(router);
  const { answer } = useStore(search);
  const { kinds, folders, areShown } = searchFilters({ answer, ask }, useStore(documents).kinds);
  if (!areShown) return null;
  return (
    <div className="search-filters">
      <Select
        label="Kind"
        choices={kinds}
        value={ask.kind}
        onChoose={(kind) => router.setSearch({ kind })}
      />
      <Select
        label="Folder"
        choices={folders}
        value={ask.folder}
        onChoose={(folder) => router.setSearch({ folder })}
      />
    </div>
  );
}
