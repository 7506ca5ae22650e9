import { replacingCard } from '../../shared/replacing-card.ts';
import { useApp } from '../app-context.ts';
import { Actions } from '../parts/actions.tsx';
import { ReasonList } from '../parts/reason-list.tsx';
import { useStore } from '../use-store.ts';

/** Asks before files take the place of documents of the same names. */
export function ReplacingCard() {
  const { replacing } = useApp();
  const card = replacingCard(useStore(replacing), replacing.answer);
  if (card === undefined) return null;
  return (
    <section className="card upload" aria-label="Same names">
      <h2>{card.title}</h2>
      <p className="small soft">{card.text}</p>
      <ReasonList label="Files of the same names" reasons={card.files} />
      <Actions actions={card.actions} />
    </section>
  );
}
