import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { openDialog } from '../../shared/open-dialog.ts';

interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly confirm: string;
  readonly isDangerous?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something happens. Mounted while it asks; Escape and the first button say no. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirm, isDangerous = false, onConfirm, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  // A second click of a double click comes before the dialog is gone.
  const isAnswered = useRef(false);
  const id = useId();
  useLayoutEffect(() => (dialog.current === null ? undefined : openDialog(dialog.current)), []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={`${id}-title`}>{title}</h2>
      <p className="dialog-text" id={`${id}-text`}>
        {children}
      </p>
      <div className="buttons">
        <button type="button" className="button button--plain" onClick={onClose}>
          Keep as it is
        </button>
        <button
          type="button"
          className={isDangerous ? 'button button--danger' : 'button'}
          onClick={() => {
            if (isAnswered.current) return;
            isAnswered.current = true;
            onConfirm();
            onClose();
          }}
        >
          {confirm}
        </button>
      </div>
    </dialog>
  );
}
