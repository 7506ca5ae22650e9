import { Parser, type ParserOptions } from 'htmlparser2';

/** What is done with the tags, and what of them is open. */
export interface TagReader {
  readonly depth: number;
  isOpen(name: string): boolean;
  /** A line ends, though no element does. */
  endLine(): void;
  onopentag(name: string, attributes: Record<string, string>): void;
  ontext(text: string): void;
  onclosetag(name: string): void;
}

/** As browsers do, elements that are nested deeper than this become siblings. */
const maxDepth = 1000;

/**
 * The parser keeps what is open in a list that it searches and shifts, which makes tens of thousands of
 * open elements take minutes. Here that list stays short: what would make it longer, and a closing tag
 * without an opening one, are treated as elements that never have a content.
 */
export class LinearParser extends Parser {
  readonly #reader: TagReader;
  #isClosing = false;
  // The parser asks of each element twice, before and after it is handed over.
  #isVoid: boolean | undefined;

  constructor(reader: TagReader, options: ParserOptions) {
    super(reader, options);
    this.#reader = reader;
  }

  override onclosetag(start: number, endIndex: number): void {
    this.#isClosing = true;
    super.onclosetag(start, endIndex);
    this.#isClosing = false;
  }

  protected override isVoidElement(name: string): boolean {
    if (this.#isClosing) {
      if (this.#reader.isOpen(name)) return super.isVoidElement(name);
      if (name === 'p' || name === 'br') this.#reader.endLine();
      return name !== 'br';
    }
    const known = this.#isVoid;
    this.#isVoid =
      known === undefined ? this.#reader.depth >= maxDepth || super.isVoidElement(name) : undefined;
    return known ?? this.#isVoid === true;
  }
}
