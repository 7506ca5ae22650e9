import type { JobObserverState } from '@offstage/core/observe';
import { useApp } from '../app-context.ts';

/** Cancel while it is at work; clear when it is over. */
export function JobActions({ progress }: { progress: JobObserverState }) {
  const { announcer } = useApp();
  const { isActive, isCanceling, cancel, consume } = progress;
  if (isActive) {
    return (
      <button
        type="button"
        className="button button--plain button--small"
        aria-disabled={isCanceling}
        onClick={() => {
          if (!isCanceling) cancel();
        }}
      >
        {isCanceling ? 'Canceling' : 'Cancel'}
      </button>
    );
  }
  const clear = async (): Promise<void> => {
    if (await consume()) announcer.say('Cleared');
  };
  return (
    <button type="button" className="button button--plain button--small" onClick={clear}>
      Clear
    </button>
  );
}
