import { isFiltered, listNote, listTitle } from '../../shared/list-words.ts';
import { useApp } from '../app-context.ts';
import { Empty } from '../parts/empty.tsx';
import { useStore } from '../use-store.ts';
import { DocumentTable } from './document-table.tsx';
import { FailureReasons } from './failure-reasons.tsx';
import { ListTools } from './list-tools.tsx';
import { SelectionBar } from './selection-bar.tsx';

/** What the current version holds. */
export function DocumentList() {
  const { corpus, documents } = useApp();
  const { data } = useStore(corpus);
  const list = useStore(documents);
  const { total, error, query } = list;
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
        <h2>{listTitle(current, list)}</h2>
        <p className="small soft">{listNote(current, list)}</p>
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
      {(total !== 0 || isFiltered(query)) && <ListTools />}
      <FailureReasons />
      <SelectionBar />
      {total === 0 && isFiltered(query) && (
        <p className="soft">No document of this version is like that.</p>
      )}
      {total === 0 && !isFiltered(query) && (
        <Empty title="Nothing in this version">All of its documents were removed.</Empty>
      )}
      {total !== undefined && total > 0 && <DocumentTable />}
    </section>
  );
}
