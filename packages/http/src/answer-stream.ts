import type { StreamReader } from './stream-reader.ts';
import type { Text } from './text.ts';

/**
 * The parts of a long answer, each made when the reader asks for it: what is held is one part, however
 * slowly the answer is read.
 */
export class AnswerStream {
  readonly #parts: Iterator<Text>;
  readonly #onFailure: (error: unknown) => void;
  #isOver = false;

  constructor(parts: Iterable<Text>, onFailure: (error: unknown) => void) {
    this.#parts = parts[Symbol.iterator]();
    this.#onFailure = onFailure;
  }

  /** The reader asks for one part. */
  pull(reader: StreamReader): void {
    if (this.#isOver) return;
    try {
      const { done, value } = this.#parts.next();
      if (done !== true) {
        reader.write(value);
        return;
      }
    } catch (error) {
      // It is too late for another status: the answer ends before its end, which is no JSON.
      this.#onFailure(error);
    }
    this.end();
    reader.end();
  }

  /** Nobody reads any more. */
  end(): void {
    this.#isOver = true;
    this.#parts.return?.();
  }
}
