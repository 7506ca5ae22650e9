import { type Answer, textAnswer } from './answer.ts';
import { AnswerStream } from './answer-stream.ts';

// What is shorter is made at once, and says how long it is.
const wholeLength = 65_536;

export interface BoundedList<T> {
  /** The field of the answer that holds the list. */
  readonly field: string;
  readonly items: readonly T[];
  readonly textOf: (item: T) => string;
  /** About how many bytes the answer has at most; one item is given however long it is. */
  readonly maxBytes: number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * `{"field":[…]}`, with `"rest":true` after it when only the first items had room: a client asks again
 * for the others. Of a long answer each text is made when the reader takes it.
 */
export function listAnswer<T>(list: BoundedList<T>): Answer {
  const parts = partsOf(list);
  let text = '';
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return textAnswer(text);
    text += value;
    if (text.length >= wholeLength) break;
  }
  return { ...textAnswer(''), body: new AnswerStream(following(text, parts), list.onFailure) };
}

function* following(first: string, rest: Iterable<string>): Generator<string> {
  yield first;
  yield* rest;
}

function* partsOf<T>({ field, items, textOf, maxBytes }: BoundedList<T>): Generator<string> {
  let length = 0;
  for (const [index, item] of items.entries()) {
    const text = textOf(item);
    length += text.length + 1;
    if (index > 0 && length > maxBytes) {
      yield '],"rest":true}';
      return;
    }
    yield `${index === 0 ? `{"${field}":[` : ','}${text}`;
  }
  yield items.length === 0 ? `{"${field}":[]}` : ']}';
}
