import { removalWords } from '../../shared/list-words.ts';
import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useStore } from '../use-store.ts';

interface RemoveDialogProps {
  readonly ids: readonly string[];
  /** Of a single document. */
  readonly name?: string;
  readonly onClose: () => void;
}

export function RemoveDialog({ ids, name, onClose }: RemoveDialogProps) {
  const { change, corpus } = useApp();
  const { title, before, after } = removalWords(ids.length, name, useStore(corpus).data);
  return (
    <ConfirmDialog
      title={title}
      confirm="Remove"
      isDangerous
      onConfirm={() => change.ask({ add: [], remove: ids })}
      onClose={onClose}
    >
      {before} {name !== undefined && <bdi className="name">{name}</bdi>} {after}
    </ConfirmDialog>
  );
}
