import { useEffect } from 'react';
import { useApp } from '../app-context.ts';
import { PageHead } from '../parts/page-head.tsx';
import { StaleBadge } from '../parts/stale-badge.tsx';
import { useStore } from '../use-store.ts';
import { SearchAnswer } from './search-answer.tsx';

export function SearchPage() {
  const { router, search } = useApp();
  const { query } = useStore(router);
  const state = useStore(search);
  // The address leads, so that links and the way back work.
  useEffect(() => search.type(query), [search, query]);
  return (
    <>
      <PageHead title="Search">
        <StaleBadge />
      </PageHead>
      <search className="search">
        <div>
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
            value={query}
            onChange={({ currentTarget }) => router.setQuery(currentTarget.value)}
          />
        </div>
        <SearchAnswer state={state} />
      </search>
    </>
  );
}
