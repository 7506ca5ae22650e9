import iconv from 'iconv-lite';
import type { Block, ParsedDocument } from './parsed-document.ts';
import { RtfLists } from './rtf-lists.ts';
import { type RtfToken, RtfTokens } from './rtf-tokens.ts';
import { strictly } from './strict-decoder.ts';
import { WordFields } from './word-fields.ts';

/** Destinations of which nothing is shown; so is any other that is marked as one to be skipped. */
const unseen = new Set(
  `fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator pict object objdata
   fldinst themedata colorschememapping datastore latentstyles xmlnstbl filetbl revtbl bkmkstart bkmkend
   nonshppict sn sp sv shprslt operator creatim revtim printim buptim pgptbl mmathPr atnid
   annotation-ref atnref atndate passwordhash userprops docvar wgrffmtfilter datafield company hlinkbase
   upr keycode xe rxe txe tc tcn ffname ffdeftext ffformat ffhelptext ffstattext ffentrymcr ffexitmcr ffl`.split(
    /\s+/,
  ),
);

/** Destinations that a reader who does not know them would skip, and whose text is shown. */
const shownAnyway = new Set(
  'shptxt shpinst annotation atnauthor fldrslt footnote mmath moMath ud'.split(' '),
);

/** What is shown of a whole that is not: the same text in Unicode, and what an embedded object looks like. */
const shownWithin: ReadonlyMap<string, string> = new Map([
  ['ud', 'upr'],
  ['result', 'object'],
]);

const paragraphEnds = new Set('par sect page row line column softpage'.split(' '));
const characters: ReadonlyMap<string, string> = new Map([
  ['tab', '\t'],
  ['cell', ' | '],
  ['nestcell', ' | '],
  ['emdash', '\u2014'],
  ['endash', '\u2013'],
  ['emspace', ' '],
  ['enspace', ' '],
  ['qmspace', ' '],
  ['bullet', '\u2022'],
  ['lquote', '\u2018'],
  ['rquote', '\u2019'],
  ['ldblquote', '\u201c'],
  ['rdblquote', '\u201d'],
  ['~', '\u00a0'],
  ['-', '\u00ad'],
  ['_', '\u2011'],
]);

/** Code pages of fonts, by their `\fcharset`. */
const charsets: ReadonlyMap<number, string> = new Map([
  [0, 'windows-1252'],
  [77, 'macintosh'],
  [128, 'shift_jis'],
  [129, 'cp949'],
  [134, 'gbk'],
  [136, 'big5'],
  [161, 'windows-1253'],
  [162, 'windows-1254'],
  [163, 'windows-1258'],
  [177, 'windows-1255'],
  [178, 'windows-1256'],
  [186, 'windows-1257'],
  [204, 'windows-1251'],
  [222, 'windows-874'],
  [238, 'windows-1250'],
]);

/** By `\fftype`, as Word's documents have it. */
const formKinds = ['textInput', 'checkBox', 'ddList'];
/** What `\ffres` says where nobody has chosen. */
const noChoice = 25;

/** Properties of a drawing whose values are words in it, or in place of it. */
const shownProperties = new Set(['gtextUNICODE', 'wzDescription']);
/** Of the document, beside its title. */
const documentProperties = new Set(['subject', 'author', 'keywords', 'category', 'doccomm']);

interface Group {
  readonly destination: string;
  readonly isHidden: boolean;
  readonly isVanished: boolean;
  readonly isDeleted: boolean;
  readonly font: number;
  /** Of the paragraph: its list, how deep it is in it, and whether it is in a table. */
  readonly list: number;
  readonly level: number;
  readonly isInTable: boolean;
  /** How many bytes stand in for a character of Unicode, for programs that do not know it. */
  readonly skip: number;
}

/** Rich Text: what it shows, with its headers, notes and comments; the title is that of its properties. */
export function parseRtf(bytes: Uint8Array): ParsedDocument {
  const reader = new RtfReader();
  for (const token of new RtfTokens(bytes)) reader.take(token);
  return reader.finish();
}

class RtfReader {
  readonly #blocks: Block[] = [];
  readonly #groups: Group[] = [];
  readonly #fonts = new Map<number, string>();
  #group: Group = {
    destination: '',
    isHidden: false,
    isVanished: false,
    isDeleted: false,
    font: -1,
    list: 0,
    level: 0,
    isInTable: false,
    skip: 1,
  };
  #codePage = 'windows-1252';
  #definedFont = -1;
  #pieces: string[] = [];
  /** Readings of characters, for the end of the block. */
  #asides: string[] = [];
  #bytes: number[] = [];
  #title = '';
  readonly #properties: string[] = [];
  readonly #notes = new Set<string>();
  /** The name of a drawing's property, and its value. */
  #drawing = { name: '', value: '' };
  readonly #fields = new WordFields();
  readonly #lists = new RtfLists();
  /** The document says itself what stands before the paragraph, or it has been said. */
  #hasLabel = false;
  #isGoingOn = false;
  #inRow = false;
  /** How deep the groups stand that are open and part the words beside them. */
  readonly #apartDepths: number[] = [];
  /** How deep the groups of fields stand that are open. */
  readonly #fieldDepths: number[] = [];
  #shown = 0;
  #toSkip = 0;
  #isOptional = false;
  #atStart = false;

  take(token: RtfToken): void {
    const wasStart = this.#atStart;
    this.#atStart = false;
    switch (token.kind) {
      case 'open':
        this.#decode();
        this.#groups.push(this.#group);
        this.#atStart = true;
        this.#toSkip = 0;
        break;
      case 'close':
        this.#decode();
        this.#close();
        break;
      case 'byte':
        if (this.#toSkip > 0) this.#toSkip -= 1;
        else this.#bytes.push(token.value);
        break;
      case 'control':
        if (token.name === '*') {
          this.#isOptional = wasStart;
          this.#atStart = wasStart;
        } else this.#control(token.name, token.value, wasStart);
        break;
    }
  }

  finish(): ParsedDocument {
    this.#decode();
    this.#endBlock();
    const properties = this.#properties.map((text) => text.trim()).filter((text) => text !== '');
    if (properties.length > 0) {
      this.#blocks.push({ kind: 'heading', text: '' });
      for (const text of properties) this.#blocks.push({ kind: 'text', text });
    }
    return { title: this.#title.trim() || null, blocks: this.#blocks, notes: [...this.#notes] };
  }

  #control(name: string, value: number | undefined, isFirst: boolean): void {
    this.#decode();
    if (isFirst) this.#enter(name);
    this.#isOptional = false;
    this.#describeForm(name, value);
    this.#describeList(name, value);
    const character = characters.get(name);
    if (character !== undefined) this.#add(character);
    else if (paragraphEnds.has(name)) this.#endBlock(name);
    else if (name === 'u' && value !== undefined) {
      this.#add(String.fromCharCode(value & 0xffff));
      this.#toSkip = this.#group.skip;
    } else if (name === 'uc') this.#group = { ...this.#group, skip: Math.max(0, value ?? 1) };
    else if (name === 'v') this.#group = { ...this.#group, isVanished: value !== 0 };
    else if (name === 'deleted') this.#group = { ...this.#group, isDeleted: value !== 0 };
    else if (name === 'pard') {
      this.#group = { ...this.#group, list: 0, level: 0, isInTable: false };
    } else if (name === 'intbl') this.#group = { ...this.#group, isInTable: true };
    else if (name === 'plain')
      this.#group = { ...this.#group, isVanished: false, isDeleted: false };
    else if (name === 'ansicpg') this.#codePage = encodingOf(value);
    else if (name === 'mac') this.#codePage = 'macintosh';
    else if (name === 'pc') this.#codePage = 'cp437';
    else if (name === 'pca') this.#codePage = 'cp850';
    else if (name === 'f' && value !== undefined) {
      if (this.#group.destination === 'fonttbl') this.#definedFont = value;
      this.#group = { ...this.#group, font: value };
    } else if (name === 'fcharset' && this.#group.destination === 'fonttbl') {
      const encoding = charsets.get(value ?? -1);
      if (encoding !== undefined && value !== 0) this.#fonts.set(this.#definedFont, encoding);
    }
  }

  #describeList(name: string, value = 0): void {
    const { destination } = this.#group;
    if (destination === 'listtable') this.#lists.define(name, value);
    else if (destination === 'listoverridetable') this.#lists.name(name, value);
    else if (name === 'ls') this.#group = { ...this.#group, list: value };
    else if (name === 'ilvl') this.#group = { ...this.#group, level: value };
  }

  #describeForm(name: string, value = 0): void {
    if (name === 'formfield') this.#fields.open('ffData', {});
    else if (name === 'fftype') this.#fields.open(formKinds[value] ?? '', {});
    else if (name === 'ffl') this.#fields.open('listEntry', { val: '' });
    else if (name === 'ffres' && value !== noChoice) {
      this.#fields.open('result', { val: String(value) });
    } else if (name === 'ffdefres') this.#fields.open('default', { val: String(value) });
  }

  /** The first word of a group names its destination. */
  #enter(name: string): void {
    const isProperty = this.#group.destination === 'info' && documentProperties.has(name);
    const isUnseen = unseen.has(name) || (this.#isOptional && !shownAnyway.has(name));
    if (isUnseen || isProperty || name === 'info' || name === 'title') {
      const isHidden = this.#group.isHidden || isUnseen || name === 'info';
      this.#group = { ...this.#group, destination: name, isHidden };
    } else if (/^(?:header|footer)[lrf]?$|^footnote$|^annotation$|^shptxt$/.test(name)) {
      // They stand in the middle of a paragraph.
      this.#add(' ');
      this.#apartDepths.push(this.#groups.length);
    } else if (shownWithin.get(name) === this.#group.destination) {
      this.#group = { ...this.#group, destination: name, isHidden: false };
    }
    if (this.#group.destination === 'listtable' && /^level(?:text|numbers)$/.test(name)) {
      this.#group = { ...this.#group, destination: name };
    }
    if (name === 'listtext' || name === 'pntext') this.#hasLabel = true;
    if (isProperty) this.#properties.push('');
    if (name === 'sp') this.#drawing = { name: '', value: '' };
    if (name === 'field') {
      this.#fields.begin(this.#shown);
      this.#fieldDepths.push(this.#groups.length);
    }
  }

  #close(): void {
    const { destination } = this.#group;
    const isField = this.#fieldDepths.at(-1) === this.#groups.length;
    const isApart = this.#apartDepths.at(-1) === this.#groups.length;
    this.#group = this.#groups.pop() ?? this.#group;
    this.#toSkip = 0;
    this.#isOptional = false;
    if (destination === 'leveltext' && this.#group.destination !== 'leveltext')
      this.#lists.endText();
    if (destination === 'formfield') this.#fields.close('ffData');
    if (destination === 'sp' && this.#group.destination !== 'sp') this.#endDrawing();
    if (isApart) {
      this.#apartDepths.pop();
      this.#add(' ');
    }
    if (!isField) return;
    this.#fieldDepths.pop();
    const { text, aside } = this.#fields.end(this.#shown);
    this.#add(text);
    if (aside !== undefined) this.#asides.push(` ${aside}`);
  }

  #endDrawing(): void {
    const { name, value } = this.#drawing;
    if (shownProperties.has(name) && value.trim() !== '') this.#pieces.push(` ${value} `);
  }

  #decode(): void {
    if (this.#bytes.length === 0) return;
    const encoding = this.#fonts.get(this.#group.font) ?? this.#codePage;
    const bytes = Buffer.from(this.#bytes);
    this.#bytes = [];
    this.#add(utf8In(bytes, encoding) ?? iconv.decode(bytes, encoding));
  }

  #add(text: string): void {
    const { destination, isHidden, isVanished, isDeleted } = this.#group;
    if (destination === 'title') this.#title += text;
    else if (documentProperties.has(destination)) {
      this.#properties.push(`${this.#properties.pop() ?? ''}${text}`);
    } else if (destination === 'leveltext') this.#lists.addText(text);
    else if (destination === 'ffl') this.#fields.addToEntry(text);
    else if (destination === 'fldinst') this.#fields.instruct(text);
    else if (destination === 'sn') this.#drawing.name += text;
    else if (destination === 'sv') this.#drawing.value += text;
    else if (isHidden || text.trim() === '') {
      if (!isHidden) this.#pieces.push(text);
    } else if (isDeleted) {
      this.#notes.add('Text that was deleted with changes tracked was left out.');
    } else if (isVanished) this.#notes.add('Text that is marked as hidden was left out.');
    else {
      this.#shown += text.length;
      this.#pieces.push(text);
    }
  }

  #endBlock(end = ''): void {
    if (this.#group.isHidden) return;
    const text = withoutLastCells([...this.#pieces, ...this.#asides].join(''));
    this.#pieces = [];
    this.#asides = [];
    const label = this.#takeLabel(end);
    if (text.trim() !== '') this.#push(label === '' ? text : `${label} ${text}`, end === 'row');
    if (end === 'row') this.#inRow = false;
  }

  /** The first line of a paragraph has it; where the document says it itself, it is counted alone. */
  #takeLabel(end: string): string {
    const { list, level } = this.#group;
    const isSaid = this.#hasLabel;
    this.#hasLabel = end === 'line' || end === 'softpage';
    const isFirst = !this.#isGoingOn;
    this.#isGoingOn = this.#hasLabel;
    const label = isFirst ? this.#lists.next(list, level) : '';
    return isSaid ? '' : label;
  }

  #push(text: string, endsRow: boolean): void {
    if (!endsRow && !this.#group.isInTable) this.#blocks.push({ kind: 'text', text });
    else this.#blocks.push({ kind: 'text', text, inTable: this.#inRow ? 'more' : 'row' });
    this.#inRow = this.#group.isInTable;
  }
}

/** Programs have written UTF-8 and said nothing of it; in an encoding of one byte a letter no text is that by chance. */
function utf8In(bytes: Buffer, encoding: string): string | undefined {
  if (!/^(?:windows-|macintosh|cp(?:125|4|8))/.test(encoding)) return undefined;
  return bytes.some((byte) => byte >= 0x80) ? strictly(bytes, 'utf-8') : undefined;
}

/** Each cell ends with a sign, the last one of a row too. */
function withoutLastCells(text: string): string {
  let end = text.length;
  while (end > 0 && ' |'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function encodingOf(codePage: number | undefined): string {
  const known = codePage === 65001 ? 'utf-8' : `cp${codePage ?? 1252}`;
  return iconv.encodingExists(known) ? known : 'windows-1252';
}
