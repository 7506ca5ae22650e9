import { useEffect } from 'react';
import { originalPath } from '../../api.ts';
import { markTitle, notesTitle, originalWords } from '../../shared/document-words.ts';
import { useApp } from '../app-context.ts';
import { PageHead } from '../parts/page-head.tsx';
import { useStore } from '../use-store.ts';
import { DocumentBody } from './document-body.tsx';

/** A document's text at the places that were searched for, and the way to its own file. */
export function DocumentPage() {
  const { router, openDocument } = useApp();
  const { query, id } = useStore(router);
  const state = useStore(openDocument);
  useEffect(() => void openDocument.show(id, query), [openDocument, id, query]);
  const { text, error, marks } = state;
  return (
    <>
      <PageHead title="Document">
        {query !== '' && <a href={router.searchHref({ query })}>Back to the search</a>}
      </PageHead>
      {error !== undefined && (
        <p className="problem" role="alert">
          {error.message}
        </p>
      )}
      {text === undefined && error === undefined && <p className="soft">Loading</p>}
      {text !== undefined && (
        <article className="card document">
          <h2 className="name">
            <bdi>{text.title}</bdi>
          </h2>
          <p className="small soft name">
            <bdi>{text.name}</bdi>
          </p>
          {text.notes.length > 0 && (
            <section className="document-notes" aria-label={notesTitle}>
              <h3 className="small">{notesTitle}</h3>
              <ul className="small">
                {text.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </section>
          )}
          <div className="document-tools">
            {marks > 0 && (
              <>
                <p className="small">{markTitle(state)}</p>
                <button
                  type="button"
                  className="button button--plain button--small"
                  onClick={() => openDocument.step(-1)}
                >
                  Previous
                </button>
                <button
                  type="button"
                  className="button button--plain button--small"
                  onClick={() => openDocument.step(1)}
                >
                  Next
                </button>
              </>
            )}
            {text.hasOriginal && (
              <>
                <a href={originalPath(text.id, false)} target="_blank" rel="noreferrer">
                  {originalWords.open}
                </a>
                <a href={originalPath(text.id, true)} download>
                  {originalWords.download}
                </a>
              </>
            )}
          </div>
          <DocumentBody text={text} />
        </article>
      )}
    </>
  );
}
