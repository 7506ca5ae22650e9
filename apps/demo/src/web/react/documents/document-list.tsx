import { listNote } from '../../shared/corpus-words.ts';
import { countOf } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { Empty } from '../parts/empty.tsx';
import { useStore } from '../use-store.ts';
import { DocumentTable } from './document-table.tsx';

/** What the current version holds. */
export function DocumentList() {
  const { corpus, documents } = useApp();
  const { data } = useStore(corpus);
  const { total, error } = useStore(documents);
  const current = data?.current;
  if (data === undefined || (current && total === undefined && error === undefined)) {
    return <p className="soft">Loading</p>;
  }
  if (current == null) {
    return (
      <Empty title="The stage is empty">
        Add some documents. They are read in the background and published all at once; then you can
        search them.
      </Empty>
    );
  }
  return (
    <section className="desk-list" aria-label="Documents of the current version">
      <div className="list-head">
        <h2>
          {countOf(total ?? current.documents + current.failed, 'file')} in version {current.gen}
        </h2>
        <p className="small soft">{listNote(current)}</p>
      </div>
      {error !== undefined && (
        <p className="problem" role="alert">
          {error.message}{' '}
          <button
            type="button"
            className="button button--plain button--small"
            onClick={documents.retry}
          >
            Try again
          </button>
        </p>
      )}
      {total === 0 && (
        <Empty title="Nothing in this version">All of its documents were removed.</Empty>
      )}
      {total !== undefined && total > 0 && <DocumentTable />}
    </section>
  );
}
