import { notTakenTitle, passedOverText } from '../../shared/corpus-words.ts';
import { useApp } from '../app-context.ts';
import { ReasonList } from '../parts/reason-list.tsx';
import { useStore } from '../use-store.ts';

/** Files that were not taken, before any job began. */
export function RefusedCard() {
  const { uploads } = useApp();
  const state = useStore(uploads);
  const { refused, passedOver } = state;
  if (refused.length + passedOver === 0) return null;
  return (
    <section className="card refused" aria-label="Not taken">
      <div className="upload-head">
        <h2>{notTakenTitle(state)}</h2>
        <button
          type="button"
          className="button button--plain button--small"
          onClick={uploads.dismissRefused}
        >
          Dismiss
        </button>
      </div>
      {passedOver > 0 && <p className="small soft">{passedOverText(passedOver)}</p>}
      {refused.length > 0 && (
        <ReasonList
          label="Files that were not taken"
          reasons={refused.map(({ name, problem }) => ({ name, text: problem.message }))}
        />
      )}
    </section>
  );
}
