import { statusLight } from '../../shared/status-light.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

/** What is going on, on every page, and the way to it. */
export function StatusLight() {
  const { router, uploads, corpus, connection } = useApp();
  const { state, text } = statusLight(
    useStore(uploads),
    useCurrentJob(),
    useStore(corpus).data?.busy,
    useStore(connection),
  );
  return (
    <a className={`status-light status-light--${state}`} href={router.href('documents')}>
      <span className="status-lamp" aria-hidden="true" />
      <span className="hidden-visually">At work: </span>
      <span>{text}</span>
    </a>
  );
}
