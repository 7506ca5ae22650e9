import { countOf } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { ReasonList } from '../parts/reason-list.tsx';
import { useStore } from '../use-store.ts';

/** Files that were not taken, before any job began. */
export function RefusedCard() {
  const { uploads } = useApp();
  const { refused } = useStore(uploads);
  if (refused.length === 0) return null;
  return (
    <section className="card refused" aria-label="Not taken">
      <div className="upload-head">
        <h2>{countOf(refused.length, 'file')} not taken</h2>
        <button
          type="button"
          className="button button--plain button--small"
          onClick={uploads.dismissRefused}
        >
          Dismiss
        </button>
      </div>
      <ReasonList
        label="Files that were not taken"
        reasons={refused.map(({ name, problem }) => ({ name, text: problem.message }))}
      />
    </section>
  );
}
