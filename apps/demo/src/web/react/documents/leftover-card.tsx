import { leftoverCard } from '../../shared/leftover-card.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { Actions } from '../parts/actions.tsx';
import { useStore } from '../use-store.ts';

/** Files that arrived and are in no version: the page was closed in between, or the change has failed. */
export function LeftoverCard() {
  const { uploads, change, corpus, replacing, dropUploads } = useApp();
  const { job } = useCurrentJob();
  const card = leftoverCard(
    useStore(corpus).data,
    { status: job?.status, taken: change.taken },
    { add: replacing.add, drop: dropUploads },
  );
  const isUploading = useStore(uploads).status !== 'idle';
  const isAsking = useStore(change).status !== 'idle';
  const isAsked = useStore(replacing) !== undefined;
  if (card === undefined || isUploading || isAsking || isAsked) return null;
  return (
    <section className="card upload" aria-label="Left over">
      <h2>{card.title}</h2>
      <p className="small soft">{card.text}</p>
      <Actions actions={card.actions} />
    </section>
  );
}
