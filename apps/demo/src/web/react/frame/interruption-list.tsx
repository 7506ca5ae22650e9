import { interruptionText } from '../../shared/corpus-words.ts';
import { formatMoment } from '../../shared/format.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

/** Work that ended with its server (D7). */
export function InterruptionList() {
  const { api, corpus, interruptions } = useApp();
  const { data: current } = useStore(corpus);
  const { data = [] } = useStore(interruptions);
  const dismiss = (jobId: string): void => {
    api.dismissInterruption(jobId).then(interruptions.refetch, interruptions.refetch);
  };
  return data.map((interruption) => (
    <section key={interruption.jobId} className="notice notice--wait" aria-label="Interrupted">
      <div>
        <h2 className="notice-title small">
          The change of {formatMoment(interruption.at)} was interrupted by a restart of the server
        </h2>
        <p className="notice-text">{interruptionText(interruption, current)}</p>
      </div>
      <button
        type="button"
        className="button button--quiet button--small"
        aria-label="Dismiss: interrupted"
        onClick={() => dismiss(interruption.jobId)}
      >
        Dismiss
      </button>
    </section>
  ));
}
