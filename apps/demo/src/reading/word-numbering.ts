import type { OfficePackage } from './office-package.ts';

interface Level {
  readonly start: number;
  readonly format: string;
  /** `Article %1.`, where `%1` stands for the number of the first level. */
  readonly text: string;
}

/** Which list a paragraph is in, and how deep. */
export interface NumberedAs {
  readonly list: string | undefined;
  readonly level: number | undefined;
}

/** The lists of a document, and the styles whose paragraphs are in one. */
export interface WordLists {
  readonly lists: ReadonlyMap<string, ReadonlyMap<number, Level>>;
  readonly styles: ReadonlyMap<string, NumberedAs>;
}

const maxLevels = 9;
/** It stands before each paragraph of a list. */
const maxLabelLength = 60;

/** Reads them from the parts of a package; a document without lists has none. */
export async function wordLists(
  office: OfficePackage,
  numberingPart: string,
  stylesPart: string,
): Promise<WordLists> {
  const abstract = new Map<string, Map<number, Level>>();
  const lists = new Map<string, Map<number, Level>>();
  let levels = new Map<number, Level>();
  let at = 0;
  const change = (changed: Partial<Level>): void => {
    const known = levels.get(at) ?? { start: 1, format: 'decimal', text: '' };
    levels.set(at, { ...known, ...changed });
  };
  await office.walk(numberingPart, {
    open(name, { abstractNumId = '', numId = '', ilvl = '', val = '' }) {
      if (name === 'abstractNum') {
        levels = new Map();
        abstract.set(abstractNumId, levels);
      } else if (name === 'num') {
        levels = new Map();
        lists.set(numId, levels);
      } else if (name === 'abstractNumId') {
        for (const [level, own] of abstract.get(val) ?? []) levels.set(level, own);
      } else if (name === 'lvl' || name === 'lvlOverride') at = Number(ilvl);
      else if (name === 'start' || name === 'startOverride') change({ start: Number(val) || 0 });
      else if (name === 'numFmt') change({ format: val });
      else if (name === 'lvlText') change({ text: val.slice(0, maxLabelLength) });
    },
  });
  const styles = new Map<string, NumberedAs>();
  if (lists.size > 0) await readStyles(office, stylesPart, styles);
  return { lists, styles };
}

async function readStyles(
  office: OfficePackage,
  part: string,
  styles: Map<string, NumberedAs>,
): Promise<void> {
  let id = '';
  let own: NumberedAs = { list: undefined, level: undefined };
  await office.walk(part, {
    open(name, { styleId = '', val = '' }) {
      if (name === 'style') {
        id = styleId;
        own = { list: undefined, level: undefined };
      } else if (name === 'basedOn') {
        const base = styles.get(val);
        own = { list: own.list ?? base?.list, level: own.level ?? base?.level };
      } else if (name === 'numId') own = { ...own, list: val };
      else if (name === 'ilvl') own = { ...own, level: Number(val) };
    },
    close(name) {
      if (name === 'style' && own.list !== undefined) styles.set(id, own);
    },
  });
}

/** Counts the paragraphs of lists as they go by, and says what stands before each. */
export class ListLabels {
  readonly #lists: WordLists;
  readonly #counts = new Map<string, number[]>();

  constructor(lists: WordLists) {
    this.#lists = lists;
  }

  /** @returns `Article 2.`, or nothing for bullets and for what is in no list */
  next(style: string, own: NumberedAs): string {
    const styled = this.#lists.styles.get(style);
    const list = own.list ?? styled?.list ?? '';
    const level = Math.max(0, Math.min(maxLevels - 1, own.level ?? styled?.level ?? 0));
    const levels = this.#lists.lists.get(list);
    const wanted = levels?.get(level);
    if (levels === undefined || wanted === undefined) return '';
    const counts = this.#counts.get(list) ?? [];
    this.#counts.set(list, counts);
    counts[level] = (counts[level] ?? wanted.start - 1) + 1;
    // What is deeper begins anew.
    counts.length = level + 1;
    if (wanted.format === 'bullet' || wanted.format === 'none') return '';
    return wanted.text.replace(/%([1-9])/g, (_all, digit: string) => {
      const of = Number(digit) - 1;
      const { start = 1, format = 'decimal' } = levels.get(of) ?? {};
      return writtenNumber(counts[of] ?? start, format);
    });
  }
}

const romans: readonly (readonly [number, string])[] = [
  ...([
    [1000, 'm'],
    [900, 'cm'],
    [500, 'd'],
    [400, 'cd'],
    [100, 'c'],
    [90, 'xc'],
    [50, 'l'],
  ] as const),
  ...([
    [40, 'xl'],
    [10, 'x'],
    [9, 'ix'],
    [5, 'v'],
    [4, 'iv'],
    [1, 'i'],
  ] as const),
];

/** A number in a format of Word, such as `lowerRoman`. */
export function writtenNumber(count: number, format: string): string {
  switch (format) {
    case 'lowerLetter':
    case 'upperLetter': {
      const letter = String.fromCharCode(97 + ((Math.max(1, count) - 1) % 26));
      const letters = letter.repeat(Math.min(10, Math.floor((Math.max(1, count) - 1) / 26) + 1));
      return format === 'upperLetter' ? letters.toUpperCase() : letters;
    }
    case 'lowerRoman':
    case 'upperRoman': {
      let rest = Math.min(count, 3999);
      let roman = '';
      for (const [value, sign] of romans) {
        for (; rest >= value; rest -= value) roman += sign;
      }
      return format === 'upperRoman' ? roman.toUpperCase() : roman;
    }
    case 'decimalZero':
      return String(count).padStart(2, '0');
    default:
      return String(count);
  }
}
