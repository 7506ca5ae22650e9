import { formatElapsed } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { Badge } from '../parts/badge.tsx';
import { useNow } from '../use-now.ts';
import { useStore } from '../use-store.ts';

/** Somebody else's change, of which no more is to be seen than that it is at work (D5). */
export function BusyCard() {
  const { corpus, change } = useApp();
  const busy = useStore(corpus).data?.busy;
  const isAsking = useStore(change).status === 'waiting';
  // The card of the change that waits says it, too.
  const isElsewhere = busy != null && !busy.mine && !isAsking;
  const now = useNow(isElsewhere);
  if (!isElsewhere) return null;
  return (
    <section className="card upload" aria-label="Another change">
      <div className="upload-head">
        <h2>In use elsewhere</h2>
        <Badge tone="run">Running</Badge>
      </div>
      <p className="small soft">
        {busy.message} It began {formatElapsed(now - busy.since)} ago.
      </p>
    </section>
  );
}
