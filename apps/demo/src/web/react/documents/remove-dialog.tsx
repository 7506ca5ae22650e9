import type { DocumentView } from '../../api.ts';
import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useStore } from '../use-store.ts';

export function RemoveDialog({
  document,
  onClose,
}: {
  document: DocumentView;
  onClose: () => void;
}) {
  const { change, corpus } = useApp();
  const gen = useStore(corpus).data?.current?.gen;
  return (
    <ConfirmDialog
      title="Remove this document?"
      confirm="Remove"
      isDangerous
      onConfirm={() => change.ask({ add: [], remove: [document.id] })}
      onClose={onClose}
    >
      A new version without <bdi className="name">{document.name}</bdi> is published. Version {gen}{' '}
      stays among the versions and can be made current again.
    </ConfirmDialog>
  );
}
