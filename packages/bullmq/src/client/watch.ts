import type { ChangeKind } from '@offstage/core';
import type { BullContext } from './bull-context.ts';

export interface WatchRequest {
  readonly id: string | undefined;
  readonly onChange: (changedId?: string, kind?: ChangeKind) => void;
  readonly onPush?: ((isPushed: boolean) => void) | undefined;
}

/** Hints from Redis, for the jobs of one owner (F7). Returns the way to stop. */
export function watchJobs(
  { hints, report }: Pick<BullContext, 'hints' | 'report'>,
  owner: string,
  { id, onChange, onPush }: WatchRequest,
): () => void {
  let isOver = false;
  const guard = (call: () => void): void => {
    if (isOver) return;
    try {
      call();
    } catch (error) {
      report(error);
    }
  };
  guard(() => onPush?.(false));
  const stop = hints.listen(owner, id, {
    onHint: (changed, kind) => guard(() => onChange(changed, kind === 'p' ? 'progress' : 'change')),
    onUp(isUp) {
      guard(() => onPush?.(isUp));
      // Something may have been missed.
      if (isUp) guard(() => onChange(id, 'change'));
    },
  });
  return () => {
    isOver = true;
    stop();
  };
}
