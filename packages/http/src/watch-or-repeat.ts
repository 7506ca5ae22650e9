import type { ChangeKind, Clock, JobClient, Timer } from '@offstage/core';

export interface ChangeWatch {
  readonly clock: Clock;
  readonly pollIntervalMs: number;
}

/**
 * Calls `changed` after changes where the client pushes, and at intervals where it does not. `onPush` as
 * `JobClient.watch` calls it. Returns the way to stop.
 */
export function watchOrRepeat(
  client: JobClient,
  id: string | undefined,
  { clock, pollIntervalMs }: ChangeWatch,
  changed: (changedId?: string, kind?: ChangeKind) => void,
  onPush?: (isPushed: boolean) => void,
): () => void {
  if (client.watch !== undefined) return client.watch(id, changed, onPush);
  let timer: Timer;
  const schedule = (): void => {
    timer = clock.schedule(pollIntervalMs, () => {
      schedule();
      changed();
    });
  };
  schedule();
  return () => timer.cancel();
}
