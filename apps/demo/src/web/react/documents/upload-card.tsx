import { uploadCard } from '../../shared/upload-card.ts';
import { useApp } from '../app-context.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Actions } from '../parts/actions.tsx';
import { useStore } from '../use-store.ts';

/** Files on their way to the server. */
export function UploadCard() {
  const { uploads } = useApp();
  const card = uploadCard(useStore(uploads), uploads);
  if (card === undefined) return null;
  const { title, line, bar, isStopped, problem, cancel, actions } = card;
  return (
    <section className="card upload" aria-label="Upload">
      <div className="upload-head">
        <h2>{title}</h2>
        <ActionButton action={cancel} />
      </div>
      <progress
        className={isStopped ? 'bar bar--idle' : 'bar'}
        {...(bar ?? { max: 100 })}
        aria-label="Upload"
      />
      <p className="small soft">{line}</p>
      {isStopped && (
        <p className="small problem" role="alert">
          {problem}
        </p>
      )}
      <Actions actions={actions} />
    </section>
  );
}
