import { writtenNumber } from './word-numbering.ts';

type Attributes = Readonly<Record<string, string>>;

interface Level {
  readonly format: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly start: number;
  /** How many levels stand in the number, this one the last. */
  readonly shown: number;
}

interface OpenList {
  readonly style: string;
  readonly counts: number[];
}

/** Formats of OpenDocument by the names that Word has for them. */
const formats: ReadonlyMap<string, string> = new Map([
  ['1', 'decimal'],
  ['a', 'lowerLetter'],
  ['A', 'upperLetter'],
  ['i', 'lowerRoman'],
  ['I', 'upperRoman'],
]);

const maxAffixLength = 60;
/** The style of the numbers of headings; no list has it. */
const outline = '\0outline';

/** The numbers of lists, as elements of OpenDocument open and close. */
export class OpenDocumentLists {
  readonly #styles = new Map<string, Map<number, Level>>();
  readonly #open: OpenList[] = [];
  /** Where a list stood when it ended, for one that goes on with it. */
  readonly #ended = new Map<string, number[]>();
  #defined: Map<number, Level> | undefined;
  #last: OpenList | undefined;
  /** How many headings there were at each level. */
  readonly #headings: number[] = [];
  #label = '';

  open(name: string, attributes: Attributes): void {
    if (name === 'list-style' || name === 'outline-style') {
      this.#defined = new Map();
      this.#styles.set(name === 'list-style' ? (attributes.name ?? '') : outline, this.#defined);
    } else if (name === 'list-level-style-number' || name === 'outline-level-style') {
      this.#define(attributes);
    } else if (name === 'list') this.#begin(attributes);
    else if (name === 'list-item') this.#count(attributes);
  }

  close(name: string): void {
    if (name === 'list-style' || name === 'outline-style') this.#defined = undefined;
    if (name !== 'list') return;
    const ended = this.#open.pop();
    if (this.#open.length > 0 || ended === undefined) return;
    this.#last = ended;
    this.#ended.set(ended.style, ended.counts);
  }

  /** Headings outside of lists are numbered by the outline of the document. */
  beginHeading(attributes: Attributes): void {
    if (this.#open.length > 0 || attributes['is-list-header'] === 'true') return;
    const level = Math.min(10, Number(attributes['outline-level'] ?? 1) || 1);
    const isNew = attributes['restart-numbering'] === 'true';
    const given = attributes['start-value'] ?? (isNew ? '1' : undefined);
    this.#label = this.#next({ style: outline, counts: this.#headings }, level, given);
  }

  /** Lists that were met go; styles stay. */
  forget(): void {
    this.#open.length = 0;
    this.#ended.clear();
    this.#headings.length = 0;
    this.#last = undefined;
    this.#label = '';
  }

  /** What stands before the paragraph that begins, once. */
  takeLabel(): string {
    const label = this.#label;
    this.#label = '';
    return label;
  }

  #define(attributes: Attributes): void {
    const format = attributes['num-format'] ?? '';
    this.#defined?.set(Number(attributes.level ?? 1), {
      format: formats.get(format) ?? (format === '' ? '' : 'decimal'),
      prefix: (attributes['num-prefix'] ?? '').slice(0, maxAffixLength),
      suffix: (attributes['num-suffix'] ?? '').slice(0, maxAffixLength),
      start: Number(attributes['start-value'] ?? 1) || 1,
      shown: Math.min(10, Number(attributes['display-levels'] ?? 1) || 1),
    });
  }

  #begin(attributes: Attributes): void {
    const outer = this.#open.at(-1);
    const style = attributes['style-name'] ?? outer?.style ?? '';
    if (outer !== undefined) {
      this.#open.push({ style, counts: outer.counts });
      return;
    }
    const goesOn = attributes['continue-numbering'] === 'true' && this.#last?.style === style;
    const isContinued = goesOn || attributes['continue-list'] !== undefined;
    const counts = isContinued ? (this.#ended.get(style) ?? []) : [];
    this.#open.push({ style, counts });
  }

  #count(attributes: Attributes): void {
    const list = this.#open.at(-1);
    if (list === undefined) return;
    this.#label = this.#next(list, this.#open.length, attributes['start-value']);
  }

  /** Counts one more at a level. @returns what stands before it */
  #next({ style, counts }: OpenList, level: number, given: string | undefined): string {
    const levels = this.#styles.get(style);
    const own = levels?.get(level);
    counts[level - 1] =
      given === undefined ? (counts[level - 1] ?? (own?.start ?? 1) - 1) + 1 : Number(given) || 1;
    // What is deeper begins anew.
    counts.length = level;
    if (own === undefined || own.format === '') return '';
    const numbers: string[] = [];
    for (let at = level - own.shown + 1; at <= level; at += 1) {
      const format = levels?.get(at)?.format ?? '';
      if (at > 0 && format !== '') numbers.push(writtenNumber(counts[at - 1] ?? 1, format));
    }
    return `${own.prefix}${numbers.join('.')}${own.suffix}`.trim();
  }
}
