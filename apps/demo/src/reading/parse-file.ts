import { type ChunkOptions, chunk, type Passage, tidy } from './chunk.ts';
import { withCutWords } from './cut-words.ts';
import { mediaTypeOf } from './media-type.ts';
import {
  defaultParseLimits,
  type ParsedDocument,
  type ParseLimits,
  UnreadableError,
} from './parsed-document.ts';
import { type MediaType, readableTypes } from './readable-types.ts';

/** A file, ready for the index. */
export interface ParsedFile {
  readonly mediaType: string;
  /** From the document itself; empty where it names none. */
  readonly title: string;
  readonly passages: readonly Passage[];
  /** What was left out of the text, each a plain sentence for a person. */
  readonly notes?: readonly string[] | undefined;
}

const maxTitleLength = 300;

/**
 * Reads one file's bytes by what they are, and cuts the text into passages. Parsers are loaded when
 * the first file of their kind comes.
 *
 * @param extension With its dot, in lower case; empty where the name has none.
 * @throws UnreadableError
 */
export async function parseFile(
  bytes: Uint8Array,
  extension: string,
  limits: ParseLimits = defaultParseLimits,
  chunking: ChunkOptions = {},
): Promise<ParsedFile> {
  if (bytes.length === 0) throw new UnreadableError('empty', 'it is empty');
  const mediaType = await mediaTypeOf(bytes, extension);
  const document = await parse(mediaType, bytes, { extension, limits });
  // A page of a PDF has its lines joined already.
  const blocks = mediaType === readableTypes.pdf ? document.blocks : withCutWords(document.blocks);
  let characters = 0;
  for (const { text } of document.blocks) characters += text.length;
  if (characters > limits.maxCharacters) {
    throw new UnreadableError(
      'too_large',
      `it has more than ${limits.maxCharacters.toLocaleString('en')} characters of text`,
    );
  }
  const title = tidy(document.title ?? '')
    .slice(0, maxTitleLength)
    .toWellFormed();
  const passages = withoutTitle(chunk(blocks, chunking), title);
  if (passages.length === 0) throw new UnreadableError('no_text', 'it has no text');
  const notes = document.notes ?? [];
  return { mediaType, title, passages, ...(notes.length > 0 && { notes }) };
}

// Each passage is found by the title already; one that says nothing else is only for a document of that.
function withoutTitle(passages: Passage[], title: string): Passage[] {
  if (passages.length === 1) return passages;
  return passages.filter(({ heading, text }) => heading !== title || text !== title);
}

async function parse(
  mediaType: MediaType,
  bytes: Uint8Array,
  { extension, limits }: { readonly extension: string; readonly limits: ParseLimits },
): Promise<ParsedDocument> {
  switch (mediaType) {
    case readableTypes.pdf:
      return (await import('./pdf.ts')).parsePdf(bytes, limits);
    case readableTypes.docx:
      return (await import('./docx.ts')).parseDocx(bytes, limits);
    case readableTypes.wordXml:
      return (await import('./word-xml.ts')).parseWordXml(bytes);
    case readableTypes.pptx:
      return (await import('./pptx.ts')).parsePptx(bytes, limits);
    case readableTypes.xlsx:
      return (await import('./xlsx.ts')).parseXlsx(bytes, limits);
    case readableTypes.odt:
    case readableTypes.ods:
    case readableTypes.odp:
      return (await import('./open-document.ts')).parseOpenDocument(bytes, limits);
    case readableTypes.epub:
      return (await import('./epub.ts')).parseEpub(bytes, limits);
    case readableTypes.msg:
      return (await import('./msg.ts')).parseMsg(bytes);
    case readableTypes.mail:
    case readableTypes.webArchive:
      return (await import('./mail.ts')).parseMail(bytes);
    case readableTypes.rtf:
      return (await import('./rtf.ts')).parseRtf(bytes);
    case readableTypes.html:
      return (await import('./html.ts')).parseHtml(bytes, { isXml: isXhtml(extension) });
    case readableTypes.markdown:
      return (await import('./markdown.ts')).parseMarkdown(bytes);
    case readableTypes.csv:
    case readableTypes.tsv:
      return (await import('./csv.ts')).parseCsv(bytes, limits);
    case readableTypes.json:
      return (await import('./json.ts')).parseJson(bytes);
    case readableTypes.jsonLines:
      return (await import('./json.ts')).parseJsonLines(bytes);
    case readableTypes.subtitles:
    case readableTypes.webVtt:
      return (await import('./subtitles.ts')).parseSubtitles(bytes);
    case readableTypes.calendar:
    case readableTypes.card:
      return (await import('./content-lines.ts')).parseContentLines(bytes);
    case readableTypes.xml:
      return (await import('./xml.ts')).parseXml(bytes);
    case readableTypes.text:
      return (await import('./text.ts')).parseText(bytes, extension);
  }
}

const isXhtml = (extension: string): boolean => extension === '.xhtml' || extension === '.xht';
