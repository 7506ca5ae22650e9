import { ListLabels } from './word-numbering.ts';

type Level = { start: number; format: string; text: string };

/** By `\levelnfc`; what is not here is written in digits. */
const formats: ReadonlyMap<number, string> = new Map([
  [1, 'upperRoman'],
  [2, 'lowerRoman'],
  [3, 'upperLetter'],
  [4, 'lowerLetter'],
  [22, 'decimalZero'],
  [23, 'bullet'],
  [255, 'none'],
]);

/** The lists of Rich Text, as the words of its tables go by, and what stands before their paragraphs. */
export class RtfLists {
  readonly #definitions = new Map<string, ReadonlyMap<number, Level>>();
  readonly #lists = new Map<string, ReadonlyMap<number, Level>>();
  readonly #labels = new ListLabels({ lists: this.#lists, styles: new Map() });
  #levels = new Map<number, Level>();
  #level: Level = { start: 1, format: 'decimal', text: '' };
  #listId = '';

  /** A word of the table of lists. */
  define(name: string, value = 0): void {
    if (name === 'list') this.#levels = new Map();
    else if (name === 'listlevel') {
      this.#level = { start: 1, format: 'decimal', text: '' };
      this.#levels.set(this.#levels.size, this.#level);
    } else if (/^levelnfcn?$/.test(name)) this.#level.format = formats.get(value) ?? 'decimal';
    else if (name === 'levelstartat') this.#level.start = value;
    else if (name === 'listid') this.#definitions.set(String(value), this.#levels);
  }

  /** Its first sign says how long it is, and a sign below nine stands for the number of that level. */
  addText(text: string): void {
    this.#level.text = `${this.#level.text}${text}`.slice(0, 64);
  }

  endText(): void {
    const { text } = this.#level;
    const shown = [...text].slice(1, 1 + text.charCodeAt(0));
    this.#level.text = shown
      .map((sign) => (sign < '\u0009' ? `%${sign.charCodeAt(0) + 1}` : sign))
      .join('');
  }

  /** A word of the table that gives lists the numbers by which paragraphs name them. */
  name(word: string, value = 0): void {
    if (word === 'listid') this.#listId = String(value);
    else if (word === 'ls') {
      this.#lists.set(String(value), this.#definitions.get(this.#listId) ?? new Map());
    }
  }

  /** @returns what stands before the next paragraph of a list; nothing where it is in none */
  next(list: number, level: number): string {
    return list === 0 ? '' : this.#labels.next('', { list: String(list), level });
  }
}
