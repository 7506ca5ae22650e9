import { busyCard } from '../../shared/busy-card.ts';
import { useApp } from '../app-context.ts';
import { Badge } from '../parts/badge.tsx';
import { useNow } from '../use-now.ts';
import { useStore } from '../use-store.ts';

export function BusyCard() {
  const { corpus, change } = useApp();
  const isAsking = useStore(change).status === 'waiting';
  const card = busyCard(useStore(corpus).data?.busy, isAsking);
  const now = useNow(card !== undefined);
  if (card === undefined) return null;
  return (
    <section className="card upload" aria-label="Another change">
      <div className="upload-head">
        <h2>{card.title}</h2>
        <Badge tone={card.badge.tone}>{card.badge.text}</Badge>
      </div>
      <p className="small soft">{card.text(now)}</p>
    </section>
  );
}
