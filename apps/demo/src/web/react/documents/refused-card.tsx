import { refusedCard } from '../../shared/refused-card.ts';
import { useApp } from '../app-context.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { ReasonList } from '../parts/reason-list.tsx';
import { useStore } from '../use-store.ts';

/** Files that were not taken, before any job began. */
export function RefusedCard() {
  const { uploads } = useApp();
  const card = refusedCard(useStore(uploads), uploads.dismissRefused);
  if (card === undefined) return null;
  return (
    <section className="card refused" aria-label="Not taken">
      <div className="upload-head">
        <h2>{card.title}</h2>
        {card.actions.map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      </div>
      {card.text !== '' && <p className="small soft">{card.text}</p>}
      {card.files.length > 0 && (
        <ReasonList label="Files that were not taken" reasons={card.files} />
      )}
    </section>
  );
}
