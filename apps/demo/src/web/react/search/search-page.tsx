import { useEffect } from 'react';
import { useApp } from '../app-context.ts';
import { PageHead } from '../parts/page-head.tsx';
import { StaleBadge } from '../parts/stale-badge.tsx';
import { useStore } from '../use-store.ts';
import { SearchAnswer } from './search-answer.tsx';
import { SearchFilters } from './search-filters.tsx';

export function SearchPage() {
  const { router, search } = useApp();
  const { search: ask } = useStore(router);
  // The address leads, so that links and the way back work.
  useEffect(() => search.look(ask), [search, ask]);
  return (
    <>
      <PageHead title="Search">
        <StaleBadge />
      </PageHead>
      <search className="search">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            router.setSearch({ isTyped: false });
          }}
        >
          <label className="search-label" htmlFor="query">
            Words to find
          </label>
          <input
            id="query"
            className="search-field"
            type="search"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={ask.query}
            onChange={({ currentTarget }) =>
              router.setSearch({ query: currentTarget.value, isTyped: true })
            }
          />
        </form>
        <SearchFilters />
        <SearchAnswer />
      </search>
    </>
  );
}
