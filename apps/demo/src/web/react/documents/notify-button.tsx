import { notifyingText, notifyLabel } from '../../shared/done-notifier.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** Asks for a notification at the end; never by itself. */
export function NotifyButton() {
  const { notifier } = useApp();
  const state = useStore(notifier);
  if (state === 'denied') return null;
  if (state === 'on') return <p className="small soft">{notifyingText}</p>;
  return (
    <button type="button" className="button button--quiet button--small" onClick={notifier.ask}>
      {notifyLabel}
    </button>
  );
}
