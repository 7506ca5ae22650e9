import { getDocumentProxy } from 'unpdf';
import { append } from './append.ts';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  protectedByPassword,
  UnreadableError,
} from './parsed-document.ts';
import { annotationTexts, attachmentNames } from './pdf-annotations.ts';
import { descriptionsIn } from './pdf-descriptions.ts';
import { packagedFiles } from './pdf-files.ts';
import { joinLines } from './pdf-lines.ts';
import { isAtNoteMark, type TextItem, wordAfterNumber } from './pdf-note-marks.ts';
import { mayHaveSoftHyphens, softHyphenWords } from './pdf-soft-hyphens.ts';

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Pdf['getPage']>>;

/**
 * The text of a PDF, page by page, with what is written into its fields and notes; each page of several
 * has its number as heading.
 */
export async function parsePdf(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  try {
    const isSoft = mayHaveSoftHyphens(bytes);
    // PDF.js takes ownership of the buffer it is given.
    const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0, ...packagedFiles });
    const { title, others, isForm } = await describe(pdf);
    const isTagged = (await pdf.getMarkInfo())?.Marked === true;
    const blocks: Block[] = [];
    let characters = 0;
    let withoutText = 0;
    for (
      let number = 1;
      number <= pdf.numPages && characters <= limits.maxCharacters;
      number += 1
    ) {
      const page = await pdf.getPage(number);
      const texts = await textsOf(page, isSoft ? await softHyphenWords(page) : new Set());
      if (isTagged) append(texts, descriptionsIn(await page.getStructTree()));
      page.cleanup();
      if (isForm && number === 1 && isPlaceholder(texts)) throw xfaForm();
      if (texts.length === 0) {
        withoutText += 1;
        continue;
      }
      if (pdf.numPages > 1) blocks.push({ kind: 'heading', text: `Page ${number}` });
      for (const text of texts) {
        characters += text.length;
        blocks.push({ kind: 'text', text });
      }
    }
    const names = await attachmentNames(pdf);
    const bookmarks = await bookmarksOf(pdf);
    await pdf.loadingTask.destroy();
    if (blocks.length === 0) {
      if (isForm) throw xfaForm();
      throw new UnreadableError('no_text', 'it may be a scan: no text; OCR is not part of it');
    }
    const beside = [names.join(', '), bookmarks.join(', '), ...others].filter(
      (text) => text !== '',
    );
    if (beside.length > 0) blocks.push({ kind: 'heading', text: '' });
    for (const text of beside) blocks.push({ kind: 'text', text });
    return { title, blocks, notes: notesOf(withoutText, names.length) };
  } catch (error) {
    throw asUnreadable(error);
  }
}

async function textsOf(page: Page, softWords: ReadonlySet<string>): Promise<string[]> {
  const { items } = await page.getTextContent();
  const lines: string[] = [];
  let line: string[] = [];
  let end = '';
  let former: TextItem | undefined;
  for (const item of items) {
    if (!('str' in item)) continue;
    if (isAtNoteMark(former, item, end)) line.push(' ');
    line.push(item.str);
    end = `${end}${item.str}`.slice(-64);
    if (item.str.trim() !== '') former = item;
    if (!item.hasEOL) continue;
    lines.push(line.join(''));
    line = [];
    end = '';
    former = undefined;
  }
  lines.push(line.join(''));
  const { text, alternatives } = joinLines(lines, softWords);
  const texts = [text, ...(await annotationTexts(page))];
  const others = [
    ...alternatives,
    ...lines.map(wordAfterNumber).filter((word) => word !== undefined),
    ...lines.flatMap(spacedWords),
  ];
  if (others.length > 0) texts.push(others.join(' '));
  return texts.filter((each) => each.trim() !== '');
}

/** Letters that stand apart for the look of it are a word; one that is found by itself as well. */
const spacedWords = (line: string): string[] =>
  (line.match(/(?<![\p{L}\p{N}])(?:\p{L} ){3,40}\p{L}(?![\p{L}\p{N}])/gu) ?? []).map((word) =>
    word.replaceAll(' ', ''),
  );

function notesOf(withoutText: number, attachments: number): string[] {
  const notes: string[] = [];
  if (withoutText > 0) {
    const pages = withoutText === 1 ? 'One page has' : `${withoutText} pages have`;
    notes.push(`${pages} no text; OCR is not part of it.`);
  }
  if (attachments > 0) notes.push('What is attached to it was left out, but for the names.');
  return notes;
}

const maxBookmarks = 10_000;

/** What a reader shows beside the pages, to go to them. */
async function bookmarksOf(pdf: Pdf): Promise<readonly string[]> {
  const titles = new Set<string>();
  const waiting = [...((await pdf.getOutline()) ?? [])].reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (titles.size === maxBookmarks) break;
    titles.add(next.title.trim());
    append(waiting, [...next.items].reverse());
  }
  return [...titles].filter((title) => title !== '');
}

/** What a document says of itself. */
interface Description {
  readonly title: string | null;
  readonly others: readonly string[];
  readonly isForm: boolean;
}

async function describe(pdf: Pdf): Promise<Description> {
  const { info, metadata } = await pdf.getMetadata();
  // Newer documents say it in XMP alone, and others both ways.
  const said = (name: string, inXmp: string): string => {
    const values: unknown = metadata?.get(inXmp);
    const [value] = [Reflect.get(info, name), values].map(asLine).filter((text) => text !== '');
    return value ?? '';
  };
  const others = [
    said('Subject', 'dc:description'),
    said('Author', 'dc:creator'),
    said('Keywords', 'pdf:keywords'),
    asLine(metadata?.get('dc:subject')),
  ];
  return {
    title: said('Title', 'dc:title') || null,
    others: [...new Set(others)].filter((text) => text !== ''),
    isForm: Reflect.get(info, 'IsXFAPresent') === true,
  };
}

function asLine(value: unknown): string {
  if (Array.isArray(value))
    return value
      .filter((each) => typeof each === 'string')
      .join(', ')
      .trim();
  return typeof value === 'string' ? value.trim() : '';
}

// What a form of XFA has for programs that do not know it is one page that asks to wait.
const isPlaceholder = (texts: readonly string[]): boolean =>
  /^please wait/i.test(texts[0]?.trim() ?? '') ||
  /adobe\.com\/go\/(?:reader|acrreader)/i.test(texts.join(' '));

const xfaForm = (): UnreadableError =>
  new UnreadableError('unsupported', 'it is an XFA form, which only programs of Adobe show');

function asUnreadable(error: unknown): unknown {
  if (error instanceof UnreadableError || !(error instanceof Error)) return error;
  if (error.name === 'PasswordException') {
    return new UnreadableError('encrypted', protectedByPassword, { cause: error });
  }
  return new UnreadableError('damaged', 'it is not a whole PDF', { cause: error });
}
