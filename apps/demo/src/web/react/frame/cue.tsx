import { cueLight } from '../../shared/cue-light.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

/** What is going on, on every page, and the way to it. */
export function Cue() {
  const { router, uploads, corpus, connection } = useApp();
  const { state, text } = cueLight(
    useStore(uploads),
    useCurrentJob(),
    useStore(corpus).data?.busy,
    useStore(connection),
  );
  return (
    <a className={`cue cue--${state}`} href={router.href('documents')}>
      <span className="cue-lamp" aria-hidden="true" />
      <span className="hidden-visually">At work: </span>
      <span>{text}</span>
    </a>
  );
}
