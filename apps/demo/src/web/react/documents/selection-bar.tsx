import { selectionBar } from '../../shared/selection-bar.ts';
import { useApp } from '../app-context.ts';
import { Actions } from '../parts/actions.tsx';
import { useStore } from '../use-store.ts';

/** What can be done with the documents that were chosen. */
export function SelectionBar() {
  const { documents, selection, removal, chooseAll } = useApp();
  const { total = 0 } = useStore(documents);
  const chosen = useStore(selection);
  const bar = selectionBar(chosen.size, total, {
    chooseAll,
    chooseNone: selection.clear,
    remove: () => removal.set({ ids: [...chosen] }),
  });
  if (bar === undefined) return null;
  return (
    <section className="selection" aria-label="Chosen documents">
      <p className="small">{bar.title}</p>
      <Actions actions={bar.actions} />
    </section>
  );
}
