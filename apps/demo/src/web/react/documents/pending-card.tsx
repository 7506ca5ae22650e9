import { pendingCard } from '../../shared/pending-card.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { Actions } from '../parts/actions.tsx';
import { useStore } from '../use-store.ts';

/** A change that was asked for and is not shown as a job yet, and why (D5). */
export function PendingCard() {
  const { change, corpus } = useApp();
  const { tryNow, drop } = change;
  const shownJob = useCurrentJob().job?.id;
  const busy = useStore(corpus).data?.busy?.message;
  const card = pendingCard(useStore(change), { shownJob, busy, tryNow, drop });
  if (card === undefined) return null;
  return (
    <section className="card upload" aria-label="Next change">
      <h2>{card.title}</h2>
      <p>{card.text}</p>
      {card.note !== '' &&
        (card.isProblem ? (
          <p className="small problem" role="alert">
            {card.note}
          </p>
        ) : (
          <p className="small soft">{card.note}</p>
        ))}
      <Actions actions={card.actions} />
    </section>
  );
}
