/**
 * A long text that is held once, by all answers that have it in them: who reads none of what was asked for
 * costs its connection, and no text of its own (H5). Whoever still has something of it to write holds this
 * object, and not the string alone.
 */
export interface SharedText {
  readonly text: string;
}

type Part = string | SharedText;

/** A text, or what makes one in this order. */
export type Text = string | readonly Part[];

/** From here on a text is shared, and an answer is made as it is read. */
export const longLength = 65_536;

// A reader has a minute for each: so much of a long answer has to be taken in that, and no more. It is also
// what Node.js sets aside of it on the way to the socket.
const pieceLength = 262_144;

export const partsOf = (text: Text): readonly Part[] => (typeof text === 'string' ? [text] : text);

const stringOf = (part: Part): string => (typeof part === 'string' ? part : part.text);

export function lengthOf(text: Text): number {
  let length = 0;
  for (const part of partsOf(text)) length += stringOf(part).length;
  return length;
}

/** For a text that is not long. */
export const joined = (text: Text): string => partsOf(text).map(stringOf).join('');

/** A text in pieces, none of which ends within a letter. */
export function* piecesOf(text: Text): Generator<string> {
  for (const part of partsOf(text)) {
    const { length } = stringOf(part);
    for (let at = 0; at < length; ) {
      const end = endOfPiece(stringOf(part), at + pieceLength);
      yield stringOf(part).slice(at, end);
      at = end;
    }
  }
}

/** Bytes in pieces. */
export function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceLength) {
    yield bytes.subarray(at, at + pieceLength);
  }
}

// Not between the halves of a letter, which would each become another one.
function endOfPiece(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
