import { append } from './append.ts';
import { BlockBuilder } from './markup-text.ts';
import type { Block } from './parsed-document.ts';
import { inSymbols, type RunFont, signOf } from './symbol-fonts.ts';
import { rowOfCells } from './table-blocks.ts';
import { WordFields } from './word-fields.ts';
import type { ListLabels } from './word-numbering.ts';
import { isOff, noStyles, type StyleKind, type WordStyles } from './word-styles.ts';
import type { XmlHandler } from './xml-events.ts';

export interface OfficeBlock extends Block {
  /** It has the style that Word gives to the title of a document. */
  readonly isTitle?: boolean;
}

type Attributes = Readonly<Record<string, string>>;

/** A paragraph that is being read; a text box within it has paragraphs of its own. */
interface Paragraph {
  readonly line: BlockBuilder;
  kind: StyleKind | undefined;
  style: string;
  isHidden: boolean;
  /** What it says itself of the list that it is in. */
  list: string | undefined;
  level: number | undefined;
  /** Text boxes, which stand after the paragraph that they are anchored in. */
  readonly after: OfficeBlock[];
}

/** Elements whose text is shown: of Word, its formulas, drawings and diagrams; of new charts; of comments. */
const shownText = new Set(['t', 'v', 'pt', 'text']);

/** Elements that are paragraphs. */
const paragraphs = new Set(['p', 'pt', 'text']);

/** Elements of which nothing is shown. */
const unseen = new Set(['instrText', 'delText', 'delInstrText', 'del', 'moveFrom', 'sdtPr']);

/** What is drawn from another part. */
const drawnElsewhere = new Set(['chart', 'relIds', 'contentPart']);

/** Parts of a formula, which stand beside one another. */
const mathParts = new Set('num den e sub sup deg lim fName'.split(' '));

/** It stands before each of an author's comments. */
const maxAuthorLength = 100;

export interface OfficeTextOptions {
  /** @default noStyles */
  readonly styles?: WordStyles;
  /** Shapes that slides fill in are left out, as they are of a layout. @default false */
  readonly withoutPlaceholders?: boolean;
  /** Numbers the paragraphs of lists. @default none is numbered */
  readonly labels?: ListLabels;
}

/**
 * The text of one part of a Word document or a presentation: paragraphs wherever they stand, be it in a
 * cell, a text box, a content control or a comment.
 */
export class OfficeTextReader implements XmlHandler {
  readonly #styles: WordStyles;
  readonly #withoutPlaceholders: boolean;
  readonly #labels: ListLabels | undefined;
  readonly #blocks: OfficeBlock[] = [];
  readonly #paragraphs: Paragraph[] = [];
  /** Rows of tables that are open, each with the text of its cells. */
  readonly #rows: string[][] = [];
  /** Alternatives that are open, and whether the first has shown anything. */
  readonly #alternatives: { readonly shown: number }[] = [];
  #shown = 0;
  #unseen = 0;
  #fallbacks = 0;
  #textDepth = 0;
  #rubyDepth = 0;
  #mathDepth = 0;
  #ruby = '';
  #inRunProperties = false;
  #inParagraphProperties = 0;
  /** What the run that is open says itself, or its style. */
  #vanish: boolean | undefined;
  readonly #font: RunFont = { all: '', signs: '' };
  /** Who wrote the comment that begins. */
  #author = '';
  #inInstruction = 0;
  readonly #fields = new WordFields();
  /** Of the shape that is open on a slide. */
  #shapeKind: StyleKind | undefined;
  #isPlaceholder = false;
  readonly left = new Set<string>();

  constructor(options: OfficeTextOptions = {}) {
    this.#styles = options.styles ?? noStyles;
    this.#withoutPlaceholders = options.withoutPlaceholders ?? false;
    this.#labels = options.labels;
  }

  open(name: string, attributes: Attributes): void {
    if (unseen.has(name)) this.#hide(name);
    if (name === 'instrText') this.#inInstruction += 1;
    if (name === 'Fallback' && this.#hasShownChoice()) this.#fallbacks += 1;
    if (this.#unseen > 0 || this.#fallbacks > 0) return;
    if (shownText.has(name)) this.#textDepth += 1;
    this.#openElement(name, attributes);
  }

  close(name: string): void {
    if (unseen.has(name)) this.#unseen -= 1;
    if (name === 'instrText') this.#inInstruction -= 1;
    if (name === 'Fallback' && this.#fallbacks > 0) {
      this.#fallbacks -= 1;
      return;
    }
    if (this.#unseen > 0 || this.#fallbacks > 0) return;
    if (shownText.has(name)) this.#textDepth -= 1;
    this.#closeElement(name);
  }

  text(text: string): void {
    if (this.#inInstruction > 0) this.#fields.instruct(text);
    if (this.#textDepth === 0 || this.#isPlaceholder || this.#unseen > 0 || this.#fallbacks > 0)
      return;
    if (this.#isVanished) {
      if (text.trim() !== '') this.left.add('Text that is marked as hidden was left out.');
      return;
    }
    if (this.#fields.isInInstruction) {
      this.#fields.instruct(text);
      return;
    }
    this.#shown += text.length;
    const shown = inSymbols(text, this.#font);
    if (this.#rubyDepth > 0) this.#ruby += shown;
    else this.#line.add(shown);
  }

  /** All blocks of the part. */
  finish(): readonly OfficeBlock[] {
    while (this.#paragraphs.length > 0) this.#endParagraph();
    return this.#blocks;
  }

  #openElement(name: string, attributes: Attributes): void {
    this.#fields.open(name, attributes);
    if (drawnElsewhere.has(name)) this.#shown += 1;
    if (paragraphs.has(name)) this.#beginParagraph();
    switch (name) {
      case 'AlternateContent':
        this.#alternatives.push({ shown: this.#shown });
        break;
      case 'ph':
        this.#isPlaceholder = this.#withoutPlaceholders;
        if (/^(?:title|ctrTitle)$/.test(attributes.type ?? '')) this.#shapeKind = 'title';
        break;
      case 'pPr':
        this.#inParagraphProperties += 1;
        break;
      case 'rPr':
        this.#inRunProperties = this.#inParagraphProperties === 0;
        break;
      case 'r':
        if (this.#inParagraphProperties === 0) this.#endRun();
        break;
      case 'rFonts':
        if (this.#inRunProperties) this.#font.all = attributes.ascii ?? '';
        break;
      case 'latin':
        this.#font.all = attributes.typeface ?? '';
        break;
      case 'sym':
        // In DrawingML it is the font for a run's signs; in WordprocessingML it is one sign.
        if (attributes.typeface !== undefined) this.#font.signs = attributes.typeface;
        else
          this.#addShown(signOf(Number.parseInt(attributes.char ?? '', 16), attributes.font ?? ''));
        break;
      case 'fldChar':
        if (attributes.fldCharType === 'begin') {
          this.#fields.begin(this.#shown, { isSeparated: false });
        } else if (attributes.fldCharType === 'separate') this.#fields.separate();
        else if (attributes.fldCharType === 'end') this.#endField();
        break;
      case 'fldSimple':
        this.#fields.begin(this.#shown, { instruction: attributes.instr ?? '' });
        break;
      case 'comment':
        this.#author = (attributes.author ?? '').slice(0, maxAuthorLength);
        break;
      case 'numId':
        if (this.#paragraph !== undefined) this.#paragraph.list = attributes.val;
        break;
      case 'ilvl':
        if (this.#paragraph !== undefined) this.#paragraph.level = Number(attributes.val);
        break;
      case 'pStyle':
        this.#setStyle(attributes.val ?? '');
        break;
      case 'outlineLvl':
        if (Number(attributes.val) < 9) this.#setKind(this.#paragraph?.kind ?? 'heading');
        break;
      case 'rStyle':
        if (this.#inRunProperties) this.#vanish = this.#styles.hidden.get(attributes.val ?? '');
        break;
      case 'vanish':
        if (this.#inRunProperties) this.#vanish = !isOff(attributes.val ?? '');
        break;
      case 'tr':
        this.#rows.push([]);
        break;
      case 'rt':
        this.#rubyDepth += 1;
        break;
      case 'oMath':
        this.#mathDepth += 1;
        break;
      case 'tab':
      case 'ptab':
        if (this.#inParagraphProperties === 0) this.#line.add('\t');
        break;
      case 'br':
      case 'cr':
        this.#line.add('\n');
        break;
      case 'noBreakHyphen':
        this.#line.add('\u2011');
        break;
      case 'softHyphen':
        this.#line.add('\u00ad');
        break;
      case 'footnoteReference':
      case 'endnoteReference':
      case 'commentReference':
        this.#line.add(' ');
        break;
      case 'chr':
        this.#line.add(attributes.val ?? '');
        break;
      case 'docPr':
      case 'cNvPr':
        this.#addApart(attributes.descr ?? '');
        this.#addApart(attributes.title ?? '');
        break;
      case 'shape':
        this.#addApart(attributes.alt ?? '');
        break;
      case 'textpath':
        this.#addApart(attributes.string ?? '');
        break;
      case 'imagedata':
      case 'blip':
        this.left.add('Its pictures were left out: OCR is not part of it.');
        break;
    }
    if (this.#mathDepth > 0 && mathParts.has(name)) this.#line.add(' ');
  }

  #closeElement(name: string): void {
    this.#fields.close(name);
    if (paragraphs.has(name)) this.#endParagraph();
    switch (name) {
      case 'AlternateContent':
        this.#alternatives.pop();
        break;
      case 'sp':
        this.#shapeKind = undefined;
        this.#isPlaceholder = false;
        break;
      case 'pPr':
        this.#inParagraphProperties -= 1;
        break;
      case 'rPr':
        this.#inRunProperties = false;
        break;
      case 'r':
        this.#endRun();
        break;
      case 'fldSimple':
        this.#endField();
        break;
      case 'rt':
        this.#rubyDepth -= 1;
        this.#line.addAside(this.#ruby);
        this.#ruby = '';
        break;
      case 'oMath':
        this.#mathDepth -= 1;
        break;
      case 'tc':
        this.#rows.at(-1)?.push('');
        break;
      case 'tr':
        this.#endRow();
        break;
      case 'v':
        // A value of a chart.
        this.#line.add(' ');
        break;
    }
  }

  get #paragraph(): Paragraph | undefined {
    return this.#paragraphs.at(-1);
  }

  /** Text without a paragraph, as charts have it, makes one. */
  get #line(): BlockBuilder {
    const open = this.#paragraph;
    if (open !== undefined) return open.line;
    this.#beginParagraph();
    return this.#line;
  }

  #beginParagraph(): void {
    const line = new BlockBuilder();
    if (this.#author !== '') line.add(`${this.#author}: `);
    this.#author = '';
    const inNoList = { style: '', isHidden: false, list: undefined, level: undefined };
    this.#paragraphs.push({ line, kind: this.#shapeKind, ...inNoList, after: [] });
  }

  #setStyle(style: string): void {
    const paragraph = this.#paragraph;
    if (paragraph === undefined) return;
    paragraph.style = style;
    paragraph.isHidden = this.#styles.hidden.get(style) ?? false;
    paragraph.kind = this.#styles.kinds.get(style);
  }

  get #isVanished(): boolean {
    return this.#vanish ?? this.#paragraph?.isHidden ?? false;
  }

  #setKind(kind: StyleKind | undefined): void {
    if (this.#paragraph !== undefined) this.#paragraph.kind = kind;
  }

  #addShown(text: string): void {
    if (this.#isVanished) return;
    this.#shown += text.length;
    this.#line.add(text);
  }

  #addApart(text: string): void {
    if (text.trim() !== '') this.#addShown(` ${text} `);
  }

  #endField(): void {
    const { text, aside } = this.#fields.end(this.#shown);
    if (text === '') return;
    this.#addShown(text);
    if (aside !== undefined) this.#line.addAside(aside);
  }

  #endRun(): void {
    this.#vanish = undefined;
    this.#font.all = '';
    this.#font.signs = '';
  }

  #endParagraph(): void {
    const paragraph = this.#paragraphs.pop();
    if (paragraph === undefined) return;
    const own = paragraph.line.end() ?? '';
    // An empty paragraph of a list is counted as well.
    const label = this.#labels?.next(paragraph.style, paragraph) ?? '';
    const text = own === '' || label === '' ? own : `${label} ${own}`;
    const outer = this.#paragraph;
    if (outer === undefined) this.#fields.endParagraph();
    const row = this.#rows.at(-1);
    if (outer !== undefined) {
      this.#push(outer.after, text, paragraph.kind);
      append(outer.after, paragraph.after);
    } else if (row !== undefined) {
      const cell = row.pop() ?? '';
      row.push(`${cell} ${text}`);
      append(this.#blocks, paragraph.after);
    } else {
      this.#push(this.#blocks, text, paragraph.kind);
      append(this.#blocks, paragraph.after);
    }
  }

  #push(blocks: OfficeBlock[], text: string, kind: StyleKind | undefined): void {
    if (text === '') return;
    if (kind === undefined) blocks.push({ kind: 'text', text });
    else blocks.push({ kind: 'heading', text, isTitle: kind === 'title' });
  }

  #endRow(): void {
    const cells = (this.#rows.pop() ?? []).map((cell) => cell.trim());
    const block = rowOfCells(cells.filter((cell) => cell !== ''));
    const { text } = block;
    const outer = this.#paragraph;
    const row = this.#rows.at(-1);
    if (outer !== undefined) this.#push(outer.after, text, undefined);
    else if (row !== undefined) row.push(`${row.pop() ?? ''} ${text}`);
    else if (text !== '') this.#blocks.push(block);
  }

  #hide(name: string): void {
    this.#unseen += 1;
    if (name === 'delText')
      this.left.add('Text that was deleted with changes tracked was left out.');
  }

  /** The second of two forms of one thing is for programs that do not know the first. */
  #hasShownChoice(): boolean {
    const before = this.#alternatives.at(-1);
    return before !== undefined && this.#shown > before.shown;
  }
}
