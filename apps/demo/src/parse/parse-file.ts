import { chunk, type Passage, tidy } from '../chunk.ts';
import { mediaTypeOf, readableTypes } from './media-type.ts';
import {
  defaultParseLimits,
  type ParsedDocument,
  type ParseLimits,
  UnreadableError,
} from './parsed-document.ts';

/** A file, ready for the index. */
export interface ParsedFile {
  readonly mediaType: string;
  /** From the document itself; empty where it names none. */
  readonly title: string;
  readonly passages: readonly Passage[];
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
): Promise<ParsedFile> {
  if (bytes.length === 0) throw new UnreadableError('empty', 'it is empty');
  const mediaType = await mediaTypeOf(bytes, extension);
  const document = await parse(mediaType, bytes, limits);
  let characters = 0;
  for (const { text } of document.blocks) characters += text.length;
  if (characters > limits.maxCharacters) {
    throw new UnreadableError(
      'too_large',
      `it has more than ${limits.maxCharacters.toLocaleString('en')} characters of text`,
    );
  }
  const passages = chunk(document.blocks);
  if (passages.length === 0) throw new UnreadableError('no_text', 'it has no text');
  const title = tidy(document.title ?? '')
    .slice(0, maxTitleLength)
    .toWellFormed();
  return { mediaType, title, passages };
}

async function parse(
  mediaType: (typeof readableTypes)[keyof typeof readableTypes],
  bytes: Uint8Array,
  limits: ParseLimits,
): Promise<ParsedDocument> {
  switch (mediaType) {
    case readableTypes.pdf:
      return (await import('./pdf.ts')).parsePdf(bytes, limits);
    case readableTypes.docx:
      return (await import('./docx.ts')).parseDocx(bytes, limits);
    case readableTypes.html:
      return (await import('./html.ts')).parseHtml(bytes);
    case readableTypes.markdown:
      return (await import('./markdown.ts')).parseMarkdown(bytes);
    case readableTypes.text:
      return (await import('./text.ts')).parseText(bytes);
  }
}
