import iconv from 'iconv-lite';
import { emptyFormField, type FormField, formChoice } from './form-choice.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';
import { type RtfToken, RtfTokens } from './rtf-tokens.ts';

/** Destinations of which nothing is shown; so is any other that is marked as one to be skipped. */
const unseen = new Set(
  `fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator pict object objdata
   fldinst themedata colorschememapping datastore latentstyles xmlnstbl filetbl revtbl bkmkstart bkmkend
   nonshppict sn sp sv shprslt doccomm operator creatim revtim printim buptim pgptbl mmathPr atnid
   annotation-ref atnref atndate passwordhash userprops docvar wgrffmtfilter datafield company hlinkbase
   keycode ffname ffdeftext ffformat ffhelptext ffstattext ffentrymcr ffexitmcr ffl`.split(/\s+/),
);

/** Destinations that a reader who does not know them would skip, and whose text is shown. */
const shownAnyway = new Set(
  'shptxt shpinst annotation atnauthor fldrslt footnote mmath moMath'.split(' '),
);

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

/** By `\fftype`. */
const formKinds: readonly FormField['form'][] = ['text', 'box', 'list'];
/** What `\ffres` says where nobody has chosen. */
const noChoice = 25;

interface Group {
  readonly destination: string;
  readonly isHidden: boolean;
  readonly isVanished: boolean;
  readonly font: number;
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
  #group: Group = { destination: '', isHidden: false, isVanished: false, font: -1, skip: 1 };
  #codePage = 'windows-1252';
  #definedFont = -1;
  #pieces: string[] = [];
  #bytes: number[] = [];
  #title = '';
  /** The form field whose result has not come, or has shown nothing yet. */
  #form: FormField | undefined;
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
    return { title: this.#title.trim() || null, blocks: this.#blocks };
  }

  #control(name: string, value: number | undefined, isFirst: boolean): void {
    this.#decode();
    if (isFirst) this.#enter(name);
    this.#isOptional = false;
    this.#describeForm(name, value);
    const character = characters.get(name);
    if (character !== undefined) this.#add(character);
    else if (paragraphEnds.has(name)) this.#endBlock();
    else if (name === 'u' && value !== undefined) {
      this.#add(String.fromCharCode(value & 0xffff));
      this.#toSkip = this.#group.skip;
    } else if (name === 'uc') this.#group = { ...this.#group, skip: Math.max(0, value ?? 1) };
    else if (name === 'v') this.#group = { ...this.#group, isVanished: value !== 0 };
    else if (name === 'plain') this.#group = { ...this.#group, isVanished: false };
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

  #describeForm(name: string, value = 0): void {
    if (this.#form === undefined) return;
    if (name === 'fftype') this.#form.form = formKinds[value];
    else if (name === 'ffl') this.#form.entries.push('');
    else if (name === 'ffres' && value !== noChoice) this.#form.result = String(value);
    else if (name === 'ffdefres') this.#form.start = String(value);
  }

  /** The first word of a group names its destination. */
  #enter(name: string): void {
    const isUnseen = unseen.has(name) || (this.#isOptional && !shownAnyway.has(name));
    if (isUnseen || name === 'info' || name === 'title') {
      const isHidden = this.#group.isHidden || isUnseen || name === 'info';
      this.#group = { ...this.#group, destination: name, isHidden };
    } else if (/^(?:header|footer)[lrf]?$|^footnote$|^annotation$|^shptxt$/.test(name)) {
      // They stand in the middle of a paragraph.
      this.#add(' ');
    } else if (name === 'fldrslt') this.#group = { ...this.#group, destination: name };
    if (name === 'formfield') this.#form = emptyFormField();
  }

  #close(): void {
    const outer = this.#groups.at(-1)?.destination;
    if (this.#group.destination === 'fldrslt' && outer !== 'fldrslt') this.#endForm();
    this.#group = this.#groups.pop() ?? this.#group;
    this.#toSkip = 0;
    this.#isOptional = false;
  }

  #decode(): void {
    if (this.#bytes.length === 0) return;
    const encoding = this.#fonts.get(this.#group.font) ?? this.#codePage;
    const bytes = Buffer.from(this.#bytes);
    this.#bytes = [];
    this.#add(iconv.decode(bytes, encoding));
  }

  #endForm(): void {
    const chosen = this.#form === undefined ? '' : formChoice(this.#form);
    this.#form = undefined;
    if (chosen !== '') this.#add(chosen);
  }

  #add(text: string): void {
    const { destination, isHidden, isVanished } = this.#group;
    if (destination === 'title') this.#title += text;
    else if (destination === 'ffl') this.#form?.entries.push(`${this.#form.entries.pop()}${text}`);
    else if (!isHidden && !isVanished) {
      if (destination === 'fldrslt' && text.trim() !== '') this.#form = undefined;
      this.#pieces.push(text);
    }
  }

  #endBlock(): void {
    if (this.#group.isHidden) return;
    const text = withoutLastCells(this.#pieces.join(''));
    this.#pieces = [];
    if (text.trim() !== '') this.#blocks.push({ kind: 'text', text });
  }
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
