import { leftoverCard } from '../../shared/leftover-card.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

/** Files that arrived and are in no version: the page was closed in between, or the change has failed. */
export function LeftoverCard() {
  const { api, uploads, change, corpus, interruptions, replacing } = useApp();
  const { data } = useStore(corpus);
  const { data: interrupted = [] } = useStore(interruptions);
  const { status: uploading } = useStore(uploads);
  const { status: asking } = useStore(change);
  const isAsked = useStore(replacing) !== undefined;
  const { job } = useCurrentJob();
  const card = leftoverCard(data, { status: job?.status, interruptions: interrupted });
  if (card === undefined || uploading !== 'idle' || asking !== 'idle' || isAsked) return null;
  const drop = async (): Promise<void> => {
    await Promise.allSettled(card.uploads.map((upload) => api.dropUpload(upload)));
    corpus.refetch();
  };
  return (
    <section className="card upload" aria-label="Left over">
      <h2>{card.title}</h2>
      <p className="small soft">{card.text}</p>
      <div className="buttons">
        <button
          type="button"
          className="button button--small"
          onClick={() => void replacing.add(card.uploads)}
        >
          {card.label}
        </button>
        <button type="button" className="button button--plain button--small" onClick={drop}>
          Throw away
        </button>
      </div>
    </section>
  );
}
