import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** What is published was made with other settings; making it anew is a change with nothing in it. */
export function StaleCard() {
  const { corpus, change } = useApp();
  const { data } = useStore(corpus);
  const isAsked = useStore(change).status !== 'idle';
  if (!data?.stale?.settingsChanged) return null;
  return (
    <section className="card upload" aria-label="Stale index">
      <h2>The index is stale</h2>
      <p className="small soft">{data.stale.message}</p>
      <div className="buttons">
        <button
          type="button"
          className="button button--small"
          disabled={isAsked || data.busy !== null}
          onClick={() => change.ask({ add: [], remove: [] })}
        >
          Index again
        </button>
      </div>
    </section>
  );
}
