import { uploadCard } from '../../shared/upload-card.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** Files on their way to the server. */
export function UploadCard() {
  const { uploads } = useApp();
  const state = useStore(uploads);
  if (state.status === 'idle') return null;
  const { title, line, bar, isStopped, problem } = uploadCard(state);
  return (
    <section className="card upload" aria-label="Upload">
      <div className="upload-head">
        <h2>{title}</h2>
        <button
          type="button"
          className="button button--plain button--small"
          onClick={uploads.cancel}
        >
          Cancel<span className="hidden-visually"> upload</span>
        </button>
      </div>
      <progress
        className={isStopped ? 'bar bar--idle' : 'bar'}
        {...(bar ?? { max: 100 })}
        aria-label="Upload"
      />
      <p className="small soft">{line}</p>
      {isStopped && (
        <>
          <p className="small problem" role="alert">
            {problem}
          </p>
          <div className="buttons">
            <button type="button" className="button button--small" onClick={uploads.retry}>
              Go on
            </button>
          </div>
        </>
      )}
    </section>
  );
}
