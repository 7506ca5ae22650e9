import type { ChangeKind } from '@offstage/core';
import { invalidOption } from '@offstage/core/engine';
import type { BullContext } from './bull-context.ts';

export interface WatchRequest {
  readonly id: string | undefined;
  readonly onChange: (changedId?: string, kind?: ChangeKind) => void;
  readonly onPush?: ((isPushed: boolean) => void) | undefined;
}

/** Hints from Redis, for the jobs of one owner (F7). Returns the way to stop. */
export function watchJobs(
  { hints, guard }: Pick<BullContext, 'hints' | 'guard'>,
  owner: string,
  { id, onChange, onPush }: WatchRequest,
): () => void {
  if (typeof onChange !== 'function') throw invalidOption('onChange', 'a function', onChange);
  let isOver = false;
  const tell = (call: () => void): void => {
    if (!isOver) guard(call);
  };
  tell(() => onPush?.(false));
  const stop = hints.listen(owner, id, {
    onHint: (changed, kind) => tell(() => onChange(changed, kind === 'p' ? 'progress' : 'change')),
    onUp(isUp) {
      tell(() => onPush?.(isUp));
      // Something may have been missed.
      if (isUp) tell(() => onChange(id, 'change'));
    },
  });
  return () => {
    isOver = true;
    stop();
  };
}
