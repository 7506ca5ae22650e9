import { splitSubset, withEntities } from './document-subset.ts';
import {
  breakingElements,
  headingElements,
  isBlockByStyle,
  isBox,
  isBoxesByStyle,
  isHidden,
  isNavigation,
  partedFormulas,
  unseenElements,
} from './html-elements.ts';
import { LinearParser, type TagReader } from './linear-parser.ts';
import { BlockBuilder } from './markup-text.ts';
import type { Block } from './parsed-document.ts';
import { StyleSheet } from './style-sheet.ts';
import { isNoteMark, mayHaveNote } from './superscript.ts';

export interface HtmlText {
  /** All that a reader sees, in reading order; navigation is in it where there is nothing else. */
  readonly blocks: readonly Block[];
  /** Of the `title` element. */
  readonly title: string;
  readonly hasNavigation: boolean;
}

type Attributes = Readonly<Record<string, string>>;

interface Open {
  readonly name: string;
  readonly breaks: boolean;
  /** Its content goes nowhere. */
  readonly unseen: boolean;
  readonly navigation: boolean;
  /** What stands directly in it are boxes. */
  readonly hasBoxes: boolean;
  /** A link between a word and its note. */
  readonly isNote: boolean;
}

const maxFrameDepth = 3;

export interface HtmlTextOptions {
  /** It is XHTML: what is closed at once is closed, and CDATA is text. */
  readonly isXml?: boolean;
  readonly frameDepth?: number;
}

/**
 * The text of a page, found while its tags go by: nothing is built of them and nothing calls itself, so
 * any depth and any number of elements that stay open takes time in proportion to its length.
 */
export function htmlText(source: string, options: HtmlTextOptions = {}): HtmlText {
  const reader = new HtmlReader(options);
  const parser = new LinearParser(reader, {
    recognizeSelfClosing: options.isXml === true,
    recognizeCDATA: options.isXml === true,
  });
  parser.end(options.isXml === true ? withOwnEntities(source) : withUsualComments(source));
  return reader.result();
}

function withOwnEntities(source: string): string {
  const { body, entities } = splitSubset(source);
  return withEntities(body, entities);
}

/** Comments that are empty by a short cut, or closed in an odd way, as browsers have them. */
function withUsualComments(source: string): string {
  if (!/<!--?>|<!--->|--!>/.test(source)) return source;
  const usual = { sign: '-->', at: 0 };
  const odd = { sign: '--!>', at: 0 };
  // Each is looked for once from where it was found last, however many comments there are.
  const next = (end: typeof usual, from: number): number => {
    if (end.at < from) {
      const found = source.indexOf(end.sign, from);
      end.at = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return end.at;
  };
  const pieces: string[] = [];
  let from = 0;
  for (let at = source.indexOf('<!--'); at !== -1; at = source.indexOf('<!--', from)) {
    pieces.push(source.slice(from, at));
    const short = /^-?>/.exec(source.slice(at + 4, at + 6))?.[0].length;
    const [usualAt, oddAt] = [next(usual, at + 4), next(odd, at + 4)];
    if (short !== undefined) from = at + 4 + short;
    else if (oddAt < usualAt) from = oddAt + 4;
    else if (Number.isFinite(usualAt)) from = usualAt + 3;
    else return pieces.join('');
  }
  return `${pieces.join('')}${source.slice(from)}`;
}

class HtmlReader implements TagReader {
  readonly #frameDepth: number;
  readonly #main = new BlockBuilder();
  readonly #navigation = new BlockBuilder();
  readonly #open: Open[] = [];
  readonly #openByName = new Map<string, number>();
  #unseen = 0;
  #inNavigation = 0;
  // Its titles are those of shapes.
  #inSvg = 0;
  #title: string | undefined;
  #titleText: string[] | undefined;
  readonly #sheet = new StyleSheet();
  #styleText: string[] | undefined;
  // The text of the superscript or the reading that is open, with what came before it.
  #aside: { readonly kind: 'sup' | 'rt'; text: string; hasLink: boolean } | undefined;
  #lastText = '';
  readonly #descriptions: Block[] = [];
  /** Of each row that is open: whether it has a block, and whether the next one begins a cell. */
  readonly #rows: { isBegun: boolean; isNewCell: boolean }[] = [];

  constructor({ frameDepth = 0 }: HtmlTextOptions) {
    this.#frameDepth = frameDepth;
  }

  isOpen(name: string): boolean {
    return (this.#openByName.get(name) ?? 0) > 0;
  }

  get depth(): number {
    return this.#open.length;
  }

  endLine(): void {
    this.#break();
  }

  result(): HtmlText {
    this.#break();
    const main = [...this.#main.blocks, ...this.#descriptions];
    const navigation = this.#navigation.blocks;
    const title = this.#title?.trim() ?? '';
    const blocks = main.length > 0 ? main : navigation;
    return {
      // A page of scripts alone is found by its title.
      blocks: blocks.length > 0 || title === '' ? blocks : [{ kind: 'heading', text: title }],
      title,
      hasNavigation: main.length > 0 && navigation.length > 0,
    };
  }

  onopentag(name: string, attributes: Attributes): void {
    const { style = '' } = attributes;
    const outer = this.#open.at(-1);
    const shown = this.#sheet.shownAs(name, attributes);
    const breaks =
      breakingElements.has(name) ||
      outer?.hasBoxes === true ||
      shown.breaks ||
      isBlockByStyle(style);
    const hasBoxes = shown.hasBoxes || isBoxesByStyle(style);
    if (name === 'style') this.#styleText = [];
    const unseen = unseenElements.has(name) || isHidden(name, attributes);
    const navigation = isNavigation(name, attributes);
    if (name === 'title' && this.#title === undefined && this.#inSvg === 0) this.#titleText = [];
    if (breaks) this.#break();
    const isNote = isNoteLink(attributes);
    this.#open.push({ name, breaks, unseen, navigation, hasBoxes, isNote });
    this.#openByName.set(name, (this.#openByName.get(name) ?? 0) + 1);
    if (name === 'svg') this.#inSvg += 1;
    // A bar or a film stands in its place, whatever is within.
    if (unseen && this.#unseen === 0 && isBox(name)) this.#add(' ');
    if (unseen) this.#unseen += 1;
    if (navigation) this.#inNavigation += 1;
    if (this.#unseen > 0) return;
    if (name === 'a' && this.#aside !== undefined) this.#aside.hasLink = true;
    if (isNote) this.#add(' ');
    if (name === 'meta') this.#describe(attributes);
    if (name === 'tr') this.#rows.push({ isBegun: false, isNewCell: false });
    if (isCell(name)) this.#beginCell();
    else if (isBox(name) || (outer !== undefined && partedFormulas.has(outer.name))) this.#add(' ');
    this.#add(textOfAttributes(name, attributes));
    if (name === 'iframe' && attributes.srcdoc !== undefined) this.#addFrame(attributes.srcdoc);
    if (this.#aside === undefined && (name === 'sup' || name === 'rt' || name === 'rtc')) {
      this.#aside = { kind: name === 'sup' ? 'sup' : 'rt', text: '', hasLink: false };
    }
  }

  ontext(text: string): void {
    if (this.#titleText !== undefined) this.#titleText.push(text);
    else if (this.#styleText !== undefined) this.#styleText.push(text);
    else if (this.#unseen === 0) this.#add(text);
  }

  onclosetag(name: string): void {
    // The parser closes what it has opened, in order.
    const open = this.#open.pop();
    if (open === undefined) return;
    this.#openByName.set(name, (this.#openByName.get(name) ?? 1) - 1);
    if (name === 'title' && this.#titleText !== undefined) {
      this.#title = this.#titleText.join('');
      this.#titleText = undefined;
    }
    if (name === 'style' && this.#styleText !== undefined) {
      this.#sheet.add(this.#styleText.join(''));
      this.#styleText = undefined;
    }
    if (open.unseen) this.#unseen -= 1;
    else if (this.#unseen === 0) this.#close(name, open.isNote);
    if (open.breaks) this.#break(headingElements.has(name) ? 'heading' : 'text');
    if (open.navigation) this.#inNavigation -= 1;
    if (name === 'tr' && !open.unseen && this.#unseen === 0) this.#rows.pop();
    if (name === 'svg') this.#inSvg -= 1;
  }

  /** What a page says of itself, as the properties of other documents. */
  #describe({ name = '', content = '' }: Attributes): void {
    if (!described.has(name.trim().toLowerCase()) || content.trim() === '') return;
    if (this.#descriptions.length === 0) this.#descriptions.push({ kind: 'heading', text: '' });
    this.#descriptions.push({ kind: 'text', text: content });
  }

  #close(name: string, isNote: boolean): void {
    if (name === 'sup' || name === 'rt' || name === 'rtc') this.#endAside(name);
    if (isNote || isBox(name)) this.#add(' ');
  }

  #endAside(name: string): void {
    const aside = this.#aside;
    if (aside === undefined || (aside.kind === 'sup') !== (name === 'sup')) return;
    this.#aside = undefined;
    if (aside.kind === 'rt') this.#builder.addAside(aside.text);
    else if (aside.hasLink || isNoteMark(aside.text, this.#lastText)) this.#add(` ${aside.text} `);
    else this.#addPower(aside.text);
  }

  /** `mc²` may be a product, and `law²` a word with its note: it is found both ways. */
  #addPower(text: string): void {
    const before = mayHaveNote(text, this.#lastText);
    if (before === undefined) this.#add(text);
    else {
      this.#add(` ${text} `);
      this.#builder.addAside(`${before}${text.trim()}`);
    }
  }

  /** A cell parts from the one before it in its line, or from blocks of that. */
  #beginCell(): void {
    const row = this.#rows.at(-1);
    if (!this.#builder.isEmpty) this.#add(' | ');
    else if (row?.isBegun === true) row.isNewCell = true;
  }

  #addFrame(source: string): void {
    if (this.#frameDepth >= maxFrameDepth) return;
    this.#break();
    for (const { text } of htmlText(source, { frameDepth: this.#frameDepth + 1 }).blocks) {
      this.#add(text);
      this.#break();
    }
  }

  get #builder(): BlockBuilder {
    return this.#inNavigation > 0 ? this.#navigation : this.#main;
  }

  #add(text: string): void {
    if (text === '') return;
    if (this.#aside !== undefined) {
      this.#aside.text += text;
      return;
    }
    this.#builder.add(text);
    this.#lastText = text;
  }

  #break(kind: Block['kind'] = 'text'): void {
    const aside = this.#aside;
    if (aside !== undefined) {
      this.#aside = undefined;
      this.#builder.add(` ${aside.text}`);
    }
    const row = this.#rows.at(-1);
    const inTable =
      row === undefined || kind === 'heading'
        ? undefined
        : !row.isBegun
          ? 'row'
          : row.isNewCell
            ? 'cell'
            : 'more';
    const isEnded = this.#builder.end(kind, inTable) !== undefined;
    if (isEnded && row !== undefined) [row.isBegun, row.isNewCell] = [true, false];
    this.#lastText = '';
  }
}

const described = new Set(['description', 'keywords', 'author']);

/** Books mark notes as links, without raising them, and so does LibreOffice before the notes themselves. */
const isNoteLink = ({ role, 'epub:type': type, class: classes = '' }: Attributes): boolean =>
  role === 'doc-noteref' ||
  type === 'noteref' ||
  /(?:^|\s)sd(?:foot|end)note(?:sym|anc)(?:\s|$)/.test(classes);

const isCell = (name: string): boolean => name === 'td' || name === 'th';

const shownInputs = new Set(['text', 'search', 'tel', 'url', 'email', 'number', 'date', 'time']);
const labelledInputs = new Set(['submit', 'reset', 'button']);

/** What a browser shows of attributes. */
function textOfAttributes(name: string, attributes: Attributes): string {
  const { alt = '', value = '', placeholder = '', label = '' } = attributes;
  switch (name) {
    case 'img':
    case 'area':
      return alt;
    case 'optgroup':
    case 'option':
    case 'track':
      return label === '' ? '' : `${label} `;
    case 'textarea':
      return placeholder;
    case 'input': {
      const type = attributes.type?.toLowerCase() ?? 'text';
      if (type === 'image') return alt;
      if (labelledInputs.has(type)) return value;
      if (!isKnownInput(type) || shownInputs.has(type)) return `${value} ${placeholder}`;
      return '';
    }
    default:
      return '';
  }
}

const otherInputs = new Set(
  'hidden password checkbox radio file image color range datetime-local month week submit reset button'.split(
    ' ',
  ),
);

// A browser shows a field of text for a type that it does not know.
const isKnownInput = (type: string): boolean => otherInputs.has(type) || shownInputs.has(type);
