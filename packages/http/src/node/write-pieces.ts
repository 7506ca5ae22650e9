import type { ServerResponse } from 'node:http';
import type { Clock } from '@offstage/core';

// What is not taken for so long has no reader any more, though its connection stands.
const stuckMs = 60_000;

/**
 * Writes piece by piece, each once the one before has been taken, and then calls `then`. A slow reader gets all
 * of it; one that takes too little is cut off (H5).
 */
export function writePieces(
  outgoing: ServerResponse,
  pieces: Iterable<string | Uint8Array>,
  clock: Clock,
  then: () => void,
): void {
  const left = pieces[Symbol.iterator]();
  const next = (): void => {
    for (;;) {
      const { done, value } = left.next();
      if (done === true) break;
      if (outgoing.write(value)) continue;
      outgoing.once('drain', next);
      cutWhenStuck(outgoing, 'drain', clock);
      return;
    }
    then();
  };
  next();
}

/** Ends an answer. */
export function endPieces(outgoing: ServerResponse, clock: Clock, last = ''): void {
  outgoing.end(last);
  if (!outgoing.writableFinished) cutWhenStuck(outgoing, 'finish', clock);
}

/** A reader that takes nothing of what is written holds its connection and the text. */
function cutWhenStuck(outgoing: ServerResponse, event: 'drain' | 'finish', clock: Clock): void {
  if (outgoing.destroyed) return;
  const timer = clock.schedule(stuckMs, () => outgoing.destroy());
  const stop = (): void => {
    timer.cancel();
    outgoing.off(event, stop).off('close', stop);
  };
  outgoing.once(event, stop).once('close', stop);
}
