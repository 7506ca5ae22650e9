import { countOf, formatBytes, formatCount } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** Files on their way to the server. */
export function UploadCard() {
  const { uploads } = useApp();
  const { status, files, sentFiles, bytes, sentBytes, error } = useStore(uploads);
  if (status === 'idle') return null;
  const isStopped = status === 'stopped';
  const isReading = status === 'reading';
  return (
    <section className="card upload" aria-label="Upload">
      <div className="upload-head">
        <h2>{isStopped ? 'Upload stopped' : isReading ? 'Looking through it' : 'Uploading'}</h2>
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
        max={bytes}
        {...(isReading || bytes === 0 ? { max: 100 } : { value: sentBytes })}
        aria-label="Upload"
      />
      <p className="small soft">
        {isReading
          ? 'Collecting files'
          : `${formatCount(sentFiles)} of ${countOf(files, 'file')}, ${formatBytes(sentBytes)} of ${formatBytes(bytes)}`}
      </p>
      {isStopped && (
        <>
          <p className="small problem" role="alert">
            {error?.message} What has arrived is kept.
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
