import { countOf, formatBytes } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** Files that arrived and were never added, such as when the page was closed in between. */
export function LeftoverCard() {
  const { api, uploads, change, corpus, replacing } = useApp();
  const { data } = useStore(corpus);
  const { status: uploading } = useStore(uploads);
  const { status: asking } = useStore(change);
  const isAsked = useStore(replacing) !== undefined;
  const isQuiet = uploading === 'idle' && asking === 'idle' && !isAsked;
  if (data === undefined || data.pending.length === 0 || data.busy !== null || !isQuiet)
    return null;
  const { pending } = data;
  const bytes = pending.reduce((sum, file) => sum + file.bytes, 0);
  const add = pending.map(({ upload }) => upload);
  const drop = async (): Promise<void> => {
    await Promise.allSettled(add.map((upload) => api.dropUpload(upload)));
    corpus.refetch();
  };
  return (
    <section className="card upload" aria-label="Left over">
      <h2>{countOf(pending.length, 'uploaded file')} not added yet</h2>
      <p className="small soft">
        {formatBytes(bytes)} arrived earlier, and no change has taken{' '}
        {pending.length === 1 ? 'it' : 'them'}.
      </p>
      <div className="buttons">
        <button
          type="button"
          className="button button--small"
          onClick={() => void replacing.add(add)}
        >
          Add now
        </button>
        <button type="button" className="button button--plain button--small" onClick={drop}>
          Throw away
        </button>
      </div>
    </section>
  );
}
