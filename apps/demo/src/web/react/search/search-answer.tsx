import { useEffect } from 'react';
import { formatDuration } from '../../shared/format.ts';
import type { SearchState } from '../../shared/search-session.ts';
import { answerTitle } from '../../shared/search-words.ts';
import { useApp } from '../app-context.ts';
import { Empty } from '../parts/empty.tsx';
import { useStore } from '../use-store.ts';
import { SearchHit } from './search-hit.tsx';

export function SearchAnswer({ state }: { state: SearchState }) {
  const { announcer, corpus, router } = useApp();
  const { data } = useStore(corpus);
  const { query, answer, answered, isSearching, error } = state;
  useEffect(() => {
    if (answer) announcer.say(answerTitle(answer));
  }, [announcer, answer]);

  if (data?.current === null) {
    return (
      <Empty title="Nothing to search yet">
        <a href={router.href('documents')}>Add some documents</a>, and they can be searched as soon
        as they are published.
      </Empty>
    );
  }
  if (error !== undefined) {
    return (
      <p className="problem" role="alert">
        {error.message}
      </p>
    );
  }
  if (answer === undefined) {
    const text =
      query.trim() === ''
        ? 'Answers come as you type, from the current version alone.'
        : 'Searching';
    return <p className="search-answer">{text}</p>;
  }
  const { hits, gen, tookMs } = answer;
  if (hits.length === 0) {
    return (
      <Empty title="No passage found">
        Nothing in version {gen} has <q className="name">{answered}</q>. Try fewer words, or other
        ones.
      </Empty>
    );
  }
  return (
    <>
      <div className="search-answer">
        <p>{answerTitle(answer)}</p>
        <p>{tookMs < 1 ? `Under ${formatDuration(1)}` : formatDuration(tookMs)}</p>
      </div>
      <ol className={isSearching ? 'hits hits--fading' : 'hits'} aria-label="Passages">
        {hits.map((hit, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a passage has no id of its own.
          <SearchHit key={index} hit={hit} href={router.documentHref(hit.documentId, answered)} />
        ))}
      </ol>
    </>
  );
}
