import { removalWords } from '../../shared/list-words.ts';
import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useStore } from '../use-store.ts';

/** Asks before documents are removed. */
export function RemoveDialog() {
  const { removal, corpus } = useApp();
  const { data } = useStore(corpus);
  const leaving = useStore(removal);
  if (leaving === undefined) return null;
  const { ids, name } = leaving;
  const { title, before, after } = removalWords(ids.length, name, data);
  return (
    <ConfirmDialog
      title={title}
      confirm="Remove"
      isDangerous
      onConfirm={removal.confirm}
      onClose={removal.close}
    >
      {before} {name !== undefined && <bdi className="name">{name}</bdi>} {after}
    </ConfirmDialog>
  );
}
