import { type Answer, textAnswer } from './answer.ts';
import { AnswerStream } from './answer-stream.ts';
import { joined, lengthOf, longLength, partsOf, type Text } from './text.ts';

export interface BoundedList<T> {
  /** The field of the answer that holds the list. */
  readonly field: string;
  readonly items: readonly T[];
  readonly textOf: (item: T) => Text;
  /** About how many bytes the answer has at most; one item is given however long it is. */
  readonly maxBytes: number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * `{"field":[…]}`, with `"rest":true` after it when only the first items had room: a client asks again
 * for the others. Of a long answer each text is made when the reader takes it.
 */
export function listAnswer<T>(list: BoundedList<T>): Answer {
  const texts = textsOf(list);
  const first: Text[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = texts.next();
    if (done === true) return textAnswer(first.map(joined).join(''));
    first.push(value);
    length += lengthOf(value);
    if (length >= longLength) break;
  }
  return { ...textAnswer(''), body: new AnswerStream(following(first, texts), list.onFailure) };
}

function* following(first: readonly Text[], rest: Iterable<Text>): Generator<Text> {
  yield first.flatMap(partsOf);
  yield* rest;
}

function* textsOf<T>({ field, items, textOf, maxBytes }: BoundedList<T>): Generator<Text> {
  let length = 0;
  for (const [index, item] of items.entries()) {
    const text = textOf(item);
    length += lengthOf(text) + 1;
    if (index > 0 && length > maxBytes) {
      yield '],"rest":true}';
      return;
    }
    yield [index === 0 ? `{"${field}":[` : ',', ...partsOf(text)];
  }
  yield items.length === 0 ? `{"${field}":[]}` : ']}';
}
