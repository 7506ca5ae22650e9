import { append } from './append.ts';
import { BlockBuilder } from './markup-text.ts';
import { OpenDocumentLists } from './open-document-lists.ts';
import { OpenDocumentStyles } from './open-document-styles.ts';
import type { Block } from './parsed-document.ts';
import { blocksOfTable, rowOfCells } from './table-blocks.ts';
import type { XmlHandler } from './xml-events.ts';

type Attributes = Readonly<Record<string, string>>;

const unseen = new Set([
  'tracked-changes',
  'script',
  'scripts',
  'binary-data',
  'forms',
  'font-face-decls',
  'automatic-styles',
  // Fields that hold what they show only once the page is laid out.
  'page-number',
  'page-count',
  'page-continuation',
  'sheet-name',
]);
/** Controls of forms that have words upon them, and those that are filled in. */
const labelled = new Set(['fixed-text', 'button', 'checkbox', 'radio', 'frame']);
const filledIn = new Set([
  'text',
  'textarea',
  'formatted-text',
  'combobox',
  'number',
  'date',
  'time',
]);
const ownParagraph = new Set(['p', 'h']);
const canHide = new Set(['span', 'section', ...ownParagraph]);

interface Sheet {
  readonly name: string;
  readonly rows: string[][];
  row: string[];
  cell: string[];
  /** Of the cell that is open, where it shows it in a form of its own. */
  value: string;
}

/**
 * The text of OpenDocument's XML: paragraphs and headings wherever they stand. Rows of a spreadsheet are
 * records; rows of a table in a text are lines of it.
 */
export class OpenDocumentReader implements XmlHandler {
  readonly #blocks: Block[] = [];
  readonly #lines: {
    readonly line: BlockBuilder;
    readonly name: string;
    readonly style: string;
  }[] = [];
  readonly #sheets: Sheet[] = [];
  readonly #within: string | undefined;
  readonly left = new Set<string>();
  /** The paragraph with the style of titles, or the title of the first slide. */
  title: string | undefined;
  /** Of a text; the names of slides and sheets are none. */
  firstHeading: string | undefined;
  #inside = 0;
  readonly #lists: OpenDocumentLists;
  #inForms = false;
  readonly #styles: OpenDocumentStyles;
  /** Of each element that is open and may hide its text. */
  readonly #hiding: boolean[] = [];
  #vanished = 0;
  /** How many paragraphs were open when the comments that are open began. */
  readonly #comments: number[] = [];
  /** Who wrote the comment that begins. */
  #inCreator = false;
  #creator = '';
  #unseen = 0;
  #ruby = 0;
  #reading = '';
  #spreadsheet = 0;
  #titleFrame = 0;
  #slides = 0;
  #slide: Block | undefined;
  #apart: string | undefined;

  /**
   * @param options.within Nothing outside of elements of this name is read.
   * @param options.lists It knows styles that stand elsewhere, as `styles` does.
   */
  constructor({
    within,
    lists = new OpenDocumentLists(),
    styles = new OpenDocumentStyles(),
  }: {
    readonly within?: string;
    readonly lists?: OpenDocumentLists;
    readonly styles?: OpenDocumentStyles;
  } = {}) {
    this.#within = within;
    this.#lists = lists;
    this.#styles = styles;
  }

  open(name: string, attributes: Attributes): void {
    if (name === this.#within) this.#inside += 1;
    if (unseen.has(name)) this.#unseen += 1;
    this.#lists.open(name, attributes);
    this.#styles.open(name, attributes);
    if (canHide.has(name)) this.#hide(name, attributes);
    if (name === 'forms') this.#inForms = true;
    else if (this.#inForms) this.#readControl(name, attributes);
    if (name === 'tracked-changes')
      this.left.add('Text that was deleted with changes tracked was left out.');
    if (!this.#isRead) return;
    if (ownParagraph.has(name)) {
      this.#beginParagraph(name, attributes);
      return;
    }
    switch (name) {
      case 's':
      case 'tab':
      case 'line-break':
      case 'note':
        this.#line?.add(' ');
        break;
      case 'annotation':
        this.#line?.add(' ');
        this.#comments.push(this.#lines.length);
        break;
      case 'creator':
        this.#inCreator = this.#isBeforeComment;
        break;
      case 'ruby-text':
        this.#ruby += 1;
        break;
      case 'spreadsheet':
        this.#spreadsheet += 1;
        break;
      case 'table':
        this.#sheets.push({ name: attributes.name ?? '', rows: [], row: [], cell: [], value: '' });
        break;
      case 'table-cell':
        this.#value(attributes);
        break;
      case 'page':
        this.#slides += 1;
        this.#slide = { kind: 'heading', text: slideName(attributes.name, this.#slides) };
        this.#blocks.push(this.#slide);
        break;
      case 'frame':
        if (attributes.class === 'title') this.#titleFrame += 1;
        break;
      case 'title':
      case 'desc':
        this.#apart = '';
        break;
      case 'image':
        this.left.add('Its pictures were left out: OCR is not part of it.');
        break;
      case 'object':
      case 'object-ole':
        this.left.add('Documents that are embedded in it were left out.');
        break;
    }
  }

  text(text: string): void {
    if (this.#inCreator) this.#creator += text;
    // When and by whom a comment was made stands right in it, before its paragraphs.
    if (!this.#isRead || this.#isBeforeComment) return;
    if (this.#vanished > 0) {
      if (text.trim() !== '') this.left.add('Text that is marked as hidden was left out.');
      return;
    }
    if (this.#apart !== undefined) this.#apart += text;
    else if (this.#ruby > 0) this.#reading += text;
    else this.#line?.add(text);
  }

  close(name: string): void {
    if (name === this.#within) this.#inside -= 1;
    this.#lists.close(name);
    this.#styles.close(name);
    if (name === 'forms') this.#inForms = false;
    if (canHide.has(name) && this.#hiding.pop() === true) this.#vanished -= 1;
    if (unseen.has(name)) {
      this.#unseen -= 1;
      return;
    }
    if (!this.#isRead) return;
    if (ownParagraph.has(name)) this.#endParagraph();
    switch (name) {
      case 'annotation':
        this.#comments.pop();
        break;
      case 'creator':
        this.#inCreator = false;
        break;
      case 'ruby-text':
        this.#ruby -= 1;
        this.#line?.addAside(this.#reading);
        this.#reading = '';
        break;
      case 'spreadsheet':
        this.#spreadsheet -= 1;
        break;
      case 'table-cell':
      case 'covered-table-cell':
        this.#endCell();
        break;
      case 'table-row':
        this.#endRow();
        break;
      case 'table':
        this.#endTable();
        break;
      case 'frame':
        this.#titleFrame = Math.max(0, this.#titleFrame - 1);
        break;
      case 'title':
      case 'desc':
        this.#push('text', this.#apart ?? '');
        this.#apart = undefined;
        break;
    }
  }

  finish(): readonly Block[] {
    while (this.#lines.length > 0) this.#endParagraph();
    while (this.#sheets.length > 0) this.#endTable();
    return this.#blocks;
  }

  get #isRead(): boolean {
    return this.#unseen === 0 && (this.#within === undefined || this.#inside > 0);
  }

  get #line(): BlockBuilder | undefined {
    return this.#lines.at(-1)?.line;
  }

  /** A comment has begun, and no paragraph of it. */
  get #isBeforeComment(): boolean {
    return this.#comments.at(-1) === this.#lines.length;
  }

  #hide(name: string, attributes: Attributes): void {
    const family = ownParagraph.has(name) ? 'paragraph' : 'text';
    const isHidden =
      attributes.display === 'none' ||
      this.#styles.isHidden(family, attributes['style-name'] ?? '');
    this.#hiding.push(isHidden);
    if (isHidden) this.#vanished += 1;
  }

  #beginParagraph(name: string, attributes: Attributes): void {
    const line = new BlockBuilder();
    if (this.#creator !== '') line.add(`${this.#creator}: `);
    this.#creator = '';
    if (name === 'h') this.#lists.beginHeading(attributes);
    const label = this.#lists.takeLabel();
    if (label !== '') line.add(`${label} `);
    this.#lines.push({ line, name, style: attributes['style-name'] ?? '' });
  }

  /** Controls say what they show in attributes; lists offer what nobody sees until it is chosen. */
  #readControl(name: string, attributes: Attributes): void {
    if (this.#within !== undefined && this.#inside === 0) return;
    const { label = '', value = '' } = attributes;
    if (labelled.has(name)) this.#push('text', label);
    else if (filledIn.has(name)) this.#push('text', attributes['current-value'] ?? value);
    else if (name === 'option' || name === 'item') {
      const isChosen = attributes['current-selected'] ?? attributes.selected ?? 'false';
      if (isChosen === 'true') this.#push('text', label);
    }
  }

  #endParagraph(): void {
    const open = this.#lines.pop();
    const text = open?.line.end();
    if (open === undefined || text === undefined) return;
    const sheet = this.#sheets.at(-1);
    if (sheet !== undefined) {
      sheet.cell.push(text);
      return;
    }
    const kind = open.name === 'h' ? 'heading' : this.#styles.kindOf(open.style);
    const isTitle = this.#titleFrame > 0 || this.#styles.kindOf(open.style) === 'title';
    if (isTitle) this.title ??= text.trim();
    // The title of a slide stands for its number.
    if (this.#titleFrame > 0 && this.#blocks.at(-1) === this.#slide) this.#blocks.pop();
    if (kind === 'heading') this.firstHeading ??= text.trim();
    this.#push(kind !== undefined || isTitle ? 'heading' : 'text', text);
  }

  #push(kind: Block['kind'], text: string): void {
    if (text.trim() !== '') this.#blocks.push({ kind, text });
  }

  /** A day and a number are found by their values too, however they are shown. */
  #value({ 'date-value': date, value, 'value-type': type }: Attributes): void {
    const sheet = this.#sheets.at(-1);
    if (sheet === undefined || this.#spreadsheet === 0) return;
    const isNumber = type === 'float' || type === 'currency';
    sheet.value =
      date?.replace(/T00:00:00.*$/, '').replace('T', ' ') ?? (isNumber ? value : undefined) ?? '';
  }

  #endCell(): void {
    const sheet = this.#sheets.at(-1);
    if (sheet === undefined) return;
    const { value } = sheet;
    sheet.value = '';
    const isSaid = sheet.cell.some((text) => text.includes(value));
    if (value !== '' && sheet.cell.length > 0 && !isSaid) sheet.cell.push(`(${value})`);
    // What a cell repeats, it says once.
    if (sheet.cell.length > 0) sheet.row.push(sheet.cell.join(' '));
    sheet.cell = [];
  }

  #endRow(): void {
    const sheet = this.#sheets.at(-1);
    if (sheet === undefined) return;
    this.#endCell();
    if (sheet.row.length > 0) sheet.rows.push(sheet.row);
    sheet.row = [];
  }

  #endTable(): void {
    this.#endRow();
    const sheet = this.#sheets.pop();
    if (sheet === undefined) return;
    const outer = this.#sheets.at(-1);
    if (outer !== undefined) outer.cell.push(sheet.rows.map((row) => row.join(' | ')).join(' '));
    else if (this.#spreadsheet > 0) append(this.#blocks, blocksOfTable(sheet.rows, sheet.name));
    else append(this.#blocks, sheet.rows.map(rowOfCells));
  }
}

/** Programs name slides and drawings `page1`, each in its language. */
const slideName = (name: string | undefined, number: number): string =>
  name === undefined || /^\p{L}{1,12} ?\d+$/u.test(name) ? `Slide ${number}` : name;
