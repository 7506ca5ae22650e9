import { failureReasons } from '../../shared/failure-reasons.ts';
import { useApp } from '../app-context.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Actions } from '../parts/actions.tsx';
import { useStore } from '../use-store.ts';

/** Why documents cannot be searched: how many each reason concerns, and what can be done with these. */
export function FailureReasons() {
  const { documents, retryFailed, removeFailed } = useApp();
  const view = failureReasons(useStore(documents), {
    show: (reason) => documents.ask({ reason }),
    retry: retryFailed,
    remove: removeFailed,
  });
  if (view === undefined) return null;
  return (
    <section className="failure-reasons" aria-label="Reasons">
      <ul>
        {view.reasons.map(({ key, text, show, actions }) => (
          <li key={key} className="failure-reason">
            <ActionButton action={show} />
            <span className="small name">{text}</span>
            <Actions actions={actions} />
          </li>
        ))}
      </ul>
      {view.note !== '' && <p className="small soft">{view.note}</p>}
      <Actions actions={view.actions} />
    </section>
  );
}
