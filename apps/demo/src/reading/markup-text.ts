import type { Block } from './parsed-document.ts';

/** Gathers text into blocks while a document is walked through. */
export class BlockBuilder {
  readonly #blocks: Block[] = [];
  #pieces: string[] = [];
  #isEmpty = true;
  // What belongs to a line without being a part of it, such as the reading of a character.
  #asides: string[] = [];

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Whether the block that is being gathered has text. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    if (this.#isEmpty && text.trim() !== '') this.#isEmpty = false;
  }

  /** Stands at the end of the block, so that a phrase around it stays whole. */
  addAside(text: string): void {
    if (text.trim() !== '') this.#asides.push(text);
  }

  /** Ends a block. @returns its text, where it has any */
  end(kind: Block['kind'] = 'text', inTable?: Block['inTable']): string | undefined {
    const text = [...this.#pieces, ...this.#asides.map((aside) => ` ${aside}`)].join('');
    this.#pieces = [];
    this.#asides = [];
    this.#isEmpty = true;
    if (text.trim() === '') return undefined;
    this.#blocks.push(inTable === undefined ? { kind, text } : { kind, text, inTable });
    return text;
  }
}
