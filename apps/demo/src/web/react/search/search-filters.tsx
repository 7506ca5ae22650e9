import { searchFilters } from '../../shared/search-view.ts';
import { useApp } from '../app-context.ts';
import { Select } from '../parts/select.tsx';
import { useStore } from '../use-store.ts';

/** Of which kinds, and in which folders, is searched. */
export function SearchFilters() {
  const { documents, router, search } = useApp();
  const { search: ask } = useStore(router);
  const { answer } = useStore(search);
  const { kinds } = useStore(documents);
  const { selects, areShown } = searchFilters({ answer, ask }, kinds, router);
  if (!areShown) return null;
  return (
    <div className="search-filters">
      {selects.map((view) => (
        <Select key={view.label} view={view} />
      ))}
    </div>
  );
}
