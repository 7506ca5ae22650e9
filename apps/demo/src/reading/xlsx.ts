import { append } from './append.ts';
import { type CellStyles, cellStyles, serialDate } from './cell-styles.ts';
import { OfficePackage, type Relationship } from './office-package.ts';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  UnreadableError,
} from './parsed-document.ts';
import { commenters, drawnParts, notesOfParts, relatedParts } from './related-parts.ts';
import { sheetTexts } from './sheet-texts.ts';
import { blocksOfTable } from './table-blocks.ts';

const partsOfSheet = new Set([
  'comments',
  'threadedComment',
  'drawing',
  'vmlDrawing',
  ...drawnParts,
]);

/**
 * Workbooks, sheet by sheet: what the cells show, formulas by their last result, numbers in
 * their formats, and dates as `2026-01-31`; then the notes and the texts of shapes and charts.
 */
export async function parseXlsx(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const office = await OfficePackage.open(bytes, limits);
  const main = await office.mainPart('xl/workbook.xml');
  const related = await office.relationships(main);
  const targetOf = (wanted: string): string =>
    related.find(({ kind }) => kind === wanted)?.target ?? '';
  const shared = await sharedStrings(office, targetOf('sharedStrings'));
  const styles = await cellStyles(office, targetOf('styles'));
  const { sheets, since1904 } = await sheetsOf(office, main, related);
  const cells = new CellReader(shared, styles, since1904, limits.maxCharacters);
  const blocks: Block[] = [];
  const left = new Set<string>();
  const empty: string[] = [];
  for (const { name, part } of sheets) {
    cells.rows = [];
    cells.hints.clear();
    await office.walk(part, cells);
    const own = blocksOfTable(cells.rows, name);
    if (own.length === 0 && name !== '') empty.push(name);
    append(blocks, own);
    for (const text of cells.hints) blocks.push({ kind: 'text', text });
    await readBeside(part);
  }
  const { title, others } = await office.properties();
  // A workbook of empty sheets has no text.
  const seen = blocks.length > 0 ? empty : [];
  const beside = [...seen, ...(await commenters(office, main)), ...others];
  if (beside.length > 0) blocks.push({ kind: 'heading', text: '' });
  for (const text of beside) blocks.push({ kind: 'text', text });
  return { title: title || null, blocks, notes: [...left] };

  async function readBeside(part: string): Promise<void> {
    for (const note of await notesOfParts(office, part, partsOfSheet)) left.add(note);
    for (const related of await relatedParts(office, part, partsOfSheet)) {
      for (const text of await sheetTexts(office, related)) blocks.push({ kind: 'text', text });
    }
  }
}

/** Texts of cells, each kept once for the workbook. */
async function sharedStrings(office: OfficePackage, part: string): Promise<readonly string[]> {
  const strings: string[] = [];
  let text = '';
  let depth = 0;
  let phonetic = 0;
  await office.walk(part, {
    open(name) {
      if (name === 'si') text = '';
      if (name === 't') depth += 1;
      // The reading of Japanese characters, which a cell does not show.
      if (name === 'rPh') phonetic += 1;
    },
    text(piece) {
      if (depth > 0 && phonetic === 0) text += piece;
    },
    close(name) {
      if (name === 't') depth -= 1;
      if (name === 'rPh') phonetic -= 1;
      if (name === 'si') strings.push(unescaped(text));
    },
  });
  return strings;
}

/** Characters that XML cannot hold are written as `_x000D_`. */
const unescaped = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([\dA-Fa-f]{4})_/g, (_all, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text;

async function sheetsOf(
  office: OfficePackage,
  main: string,
  related: readonly Relationship[],
): Promise<{ sheets: { name: string; part: string }[]; since1904: boolean }> {
  const byId = new Map(related.map(({ id, target }) => [id, target]));
  const sheets: { name: string; part: string }[] = [];
  let since1904 = false;
  await office.walk(main, {
    open(element, { name = '', id = '', date1904 = '' }) {
      if (element === 'sheet') sheets.push({ name, part: byId.get(id) ?? '' });
      if (element === 'workbookPr') since1904 = date1904 === '1' || date1904 === 'true';
    },
  });
  return { sheets, since1904 };
}

/** Reads the cells of one sheet after another. */
class CellReader {
  rows: string[][] = [];
  /** What is shown beside cells that are filled in. */
  readonly hints = new Set<string>();
  readonly #shared: readonly string[];
  readonly #styles: CellStyles;
  readonly #since1904: boolean;
  readonly #maxCharacters: number;
  #characters = 0;
  #row: string[] = [];
  #type = '';
  #style = 0;
  #value: string[] = [];
  #inValue = 0;
  #phonetic = 0;

  constructor(
    shared: readonly string[],
    styles: CellStyles,
    since1904: boolean,
    maxCharacters: number,
  ) {
    this.#shared = shared;
    this.#styles = styles;
    this.#since1904 = since1904;
    this.#maxCharacters = maxCharacters;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'row') this.#row = [];
    else if (name === 'c') {
      this.#type = attributes.t ?? '';
      this.#style = Number(attributes.s ?? 0);
      this.#value = [];
    } else if (name === 'rPh') this.#phonetic += 1;
    else if (name === 'dataValidation') {
      const { promptTitle = '', prompt = '' } = attributes;
      if (promptTitle !== '' || prompt !== '') this.hints.add(`${promptTitle} ${prompt}`.trim());
    } else if (isValue(name)) {
      this.#inValue += 1;
      if (marginTexts.has(name)) this.#value = [];
    }
  }

  text(text: string): void {
    if (this.#inValue > 0 && this.#phonetic === 0) this.#value.push(text);
  }

  close(name: string): void {
    if (name === 'rPh') this.#phonetic -= 1;
    else if (isValue(name)) {
      this.#inValue -= 1;
      // Texts of the sheet's own header and footer stand outside of any cell.
      if (marginTexts.has(name)) this.#endText();
    } else if (name === 'c') {
      const shown = this.#shown();
      if (shown !== '') this.#row.push(shown);
      this.#count(shown);
    } else if (name === 'row' && this.#row.length > 0) this.rows.push(this.#row);
  }

  #endText(): void {
    // Codes such as &P stand for the page's number.
    const text = this.#value.join('').replace(/&(?:"[^"]*"|\d+|[A-Za-z])/g, ' ');
    this.#value = [];
    if (text.trim() !== '') this.rows.push([text]);
  }

  #shown(): string {
    const value = this.#value.join('');
    if (value === '') return '';
    if (this.#type === 's') return this.#shared[Number(value)] ?? '';
    if (this.#type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
    if (this.#type === 'd') return value.replace(/T00:00:00(?:\.0+)?Z?$/, '').replace('T', ' ');
    if (this.#type !== '' && this.#type !== 'n') return unescaped(value);
    const number = Number(value);
    if (!Number.isFinite(number)) return value;
    const date = this.#styles.dates.get(this.#style);
    if (date !== undefined) return serialDate(number, this.#since1904, date);
    const show = this.#styles.numbers.get(this.#style);
    return show?.(number) ?? String(Number(number.toPrecision(15)));
  }

  // A text that is kept once may be shown a million times.
  #count(shown: string): void {
    this.#characters += shown.length;
    if (this.#characters <= this.#maxCharacters) return;
    throw new UnreadableError(
      'too_large',
      `it has more than ${this.#maxCharacters.toLocaleString('en')} characters of text`,
    );
  }
}

const marginTexts = new Set(
  'oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter'.split(' '),
);
const isValue = (name: string): boolean => name === 'v' || name === 't' || marginTexts.has(name);
