import type { FoundView } from '../../shared/search-view.ts';
import { NearWords } from './near-words.tsx';
import { SearchHit } from './search-hit.tsx';

/** One page of the documents that were found. */
export function SearchFound({ view }: { view: FoundView }) {
  const { paging } = view;
  return (
    <>
      <div className="search-answer">
        <p>{view.title}</p>
        <p>{view.time}</p>
      </div>
      {view.note !== '' && <p className="search-note">{view.note}</p>}
      <NearWords near={view.near} />
      <ol
        className={view.isFading ? 'hits hits--fading' : 'hits'}
        aria-label="Documents with passages"
      >
        {view.documents.map((found) => (
          <SearchHit key={found.hit.documentId} found={found} />
        ))}
      </ol>
      {paging && (
        <nav className="paging" aria-label="Pages of the answer">
          {paging.previous && (
            <a href={paging.previous} rel="prev">
              Previous
            </a>
          )}
          <span>{paging.text}</span>
          {paging.next && (
            <a href={paging.next} rel="next">
              Next
            </a>
          )}
        </nav>
      )}
    </>
  );
}
