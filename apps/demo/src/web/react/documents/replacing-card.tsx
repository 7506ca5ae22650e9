import { replacingWords } from '../../shared/list-words.ts';
import { useApp } from '../app-context.ts';
import { ReasonList } from '../parts/reason-list.tsx';
import { useStore } from '../use-store.ts';

/** Asks before files take the place of documents of the same names. */
export function ReplacingCard() {
  const { replacing } = useApp();
  const state = useStore(replacing);
  if (state === undefined) return null;
  const { files, uploads } = state;
  const { title, text, replace, leave } = replacingWords(files.length, uploads.length);
  return (
    <section className="card upload" aria-label="Same names">
      <h2>{title}</h2>
      <p className="small soft">{text}</p>
      <ReasonList
        label="Files of the same names"
        reasons={files.map(({ name }) => ({ name, text: 'Would replace the document' }))}
      />
      <div className="buttons">
        <button
          type="button"
          className="button button--small"
          onClick={() => replacing.answer(true)}
        >
          {replace}
        </button>
        <button
          type="button"
          className="button button--plain button--small"
          onClick={() => replacing.answer(false)}
        >
          {leave}
        </button>
      </div>
    </section>
  );
}
