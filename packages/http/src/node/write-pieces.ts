import type { ServerResponse } from 'node:http';
import type { Clock } from '@offstage/core';

// What is not taken for so long has no reader any more, though its connection stands.
const stuckMs = 60_000;

// A reader has `stuckMs` for each: so much of a long answer has to be taken in a minute, and no more. It is
// also what Node.js sets aside of it on the way to the socket.
const pieceLength = 262_144;

/**
 * Writes piece by piece, each once the one before has been taken, and then calls `then`. A slow reader gets all
 * of it; one that takes too little is cut off (H5).
 */
export function writePieces(
  outgoing: ServerResponse,
  content: string | Uint8Array,
  clock: Clock,
  then: () => void,
): void {
  let at = 0;
  const next = (): void => {
    while (at < content.length) {
      const end = endOfPiece(content, at + pieceLength);
      const piece =
        typeof content === 'string' ? content.slice(at, end) : content.subarray(at, end);
      at = end;
      if (outgoing.write(piece)) continue;
      outgoing.once('drain', next);
      cutWhenStuck(outgoing, 'drain', clock);
      return;
    }
    then();
  };
  next();
}

/** Ends an answer with a text: a short one goes in one piece with what stands before it. */
export function endWithText(outgoing: ServerResponse, text: string, clock: Clock): void {
  if (text.length > pieceLength) {
    writePieces(outgoing, text, clock, () => endWithText(outgoing, '', clock));
    return;
  }
  outgoing.end(text);
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

// Not between the halves of a letter, which would each become another one.
function endOfPiece(content: string | Uint8Array, end: number): number {
  const code = typeof content === 'string' ? content.charCodeAt(end - 1) : 0;
  return end < content.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
