import { useState } from 'react';
import { formatCount } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { RemoveDialog } from './remove-dialog.tsx';

/** What can be done with the documents that were chosen. */
export function SelectionBar() {
  const { documents, selection } = useApp();
  const { total = 0 } = useStore(documents);
  const chosen = useStore(selection);
  const [isRemoving, setRemoving] = useState(false);
  if (chosen.size === 0) return null;
  return (
    <section className="selection" aria-label="Chosen documents">
      <p className="small">{formatCount(chosen.size)} chosen</p>
      <div className="buttons">
        {chosen.size < total && (
          <button
            type="button"
            className="button button--quiet button--small"
            onClick={() => documents.ids().then(selection.choose, () => undefined)}
          >
            Choose all {formatCount(total)}
          </button>
        )}
        <button
          type="button"
          className="button button--quiet button--small"
          onClick={selection.clear}
        >
          Choose none
        </button>
        <button
          type="button"
          className="button button--plain button--small"
          onClick={() => setRemoving(true)}
        >
          Remove chosen
        </button>
      </div>
      {isRemoving && <RemoveDialog ids={[...chosen]} onClose={() => setRemoving(false)} />}
    </section>
  );
}
