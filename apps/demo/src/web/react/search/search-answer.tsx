import { useEffect } from 'react';
import { searchView } from '../../shared/search-view.ts';
import { answerTitle } from '../../shared/search-words.ts';
import { useApp } from '../app-context.ts';
import { Empty } from '../parts/empty.tsx';
import { useStore } from '../use-store.ts';
import { NearWords } from './near-words.tsx';
import { SearchFound } from './search-found.tsx';

export function SearchAnswer() {
  const { announcer, corpus, router, search } = useApp();
  const state = useStore(search);
  const view = searchView(state, useStore(corpus).data, router);
  const { answer } = state;
  useEffect(() => {
    if (answer) announcer.say(answerTitle(answer));
  }, [announcer, answer]);

  switch (view.kind) {
    case 'unpublished':
      return (
        <Empty title="Nothing to search yet">
          <a href={router.href('documents')}>Add some documents</a>, and they can be searched as
          soon as they are published.
        </Empty>
      );
    case 'line':
      return <p className="search-answer">{view.text}</p>;
    case 'problem':
      return (
        <div className="problem search-problem" role="alert">
          <p className="name">{view.text}</p>
          <button
            type="button"
            className="button button--plain button--small"
            onClick={search.again}
          >
            Search again
          </button>
        </div>
      );
    case 'none':
      return (
        <Empty title={view.title}>
          <p className="name">{view.text}</p>
          {view.note !== '' && <p className="name">{view.note}</p>}
          <NearWords near={view.near} />
          {view.wider && (
            <p>
              <a href={view.wider.href}>{view.wider.text}</a>
            </p>
          )}
        </Empty>
      );
    case 'found':
      return <SearchFound view={view} />;
  }
}
