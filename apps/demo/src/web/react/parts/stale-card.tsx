import { staleCard } from '../../shared/stale-card.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { Actions } from './actions.tsx';

/** What is published was made with other settings. */
export function StaleCard() {
  const { corpus, change } = useApp();
  const isAsked = useStore(change).status !== 'idle';
  const indexAgain = (): void => change.ask({});
  const card = staleCard(useStore(corpus).data, { isAsked, indexAgain });
  if (card === undefined) return null;
  return (
    <section className="card upload" aria-label="Stale index">
      <h2>{card.title}</h2>
      <p className="small soft">{card.text}</p>
      <Actions actions={card.actions} />
    </section>
  );
}
