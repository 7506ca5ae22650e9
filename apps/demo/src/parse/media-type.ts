import { markedEncoding, wideEncoding } from './decode-text.ts';
import { UnreadableError } from './parsed-document.ts';

/** The media types that have a parser. */
export const readableTypes = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html',
  markdown: 'text/markdown',
  text: 'text/plain',
} as const;

export type MediaType = (typeof readableTypes)[keyof typeof readableTypes];

const textTypeByExtension: ReadonlyMap<string, MediaType> = new Map([
  ['.html', readableTypes.html],
  ['.htm', readableTypes.html],
  ['.xhtml', readableTypes.html],
  ['.md', readableTypes.markdown],
  ['.markdown', readableTypes.markdown],
  ['.mdown', readableTypes.markdown],
  ['.mkd', readableTypes.markdown],
]);

/**
 * What a file is: its content decides, and its extension only between kinds of text that look alike.
 *
 * @param extension With its dot, in lower case; empty where the name has none.
 * @throws UnreadableError `unsupported` for what no parser reads, naming what it is.
 */
export async function mediaTypeOf(bytes: Uint8Array, extension: string): Promise<MediaType> {
  if (looksLikePdf(bytes)) return readableTypes.pdf;
  if (!looksLikeText(bytes)) {
    const { fileTypeFromBuffer } = await import('file-type');
    const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
    if (found?.mime === readableTypes.docx) return readableTypes.docx;
    if (found?.ext === 'zip' && extension === '.docx') return readableTypes.docx;
    throw new UnreadableError(
      'unsupported',
      found === undefined
        ? 'it is binary data of an unknown kind'
        : `it is a ${found.ext.toUpperCase()} file (${found.mime}), which is not read`,
    );
  }
  if (looksLikeHtml(bytes)) return readableTypes.html;
  return textTypeByExtension.get(extension) ?? readableTypes.text;
}

const ascii = (bytes: Uint8Array, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, length)).toString('latin1');

// Readers of PDF accept some bytes before the header.
const looksLikePdf = (bytes: Uint8Array): boolean => ascii(bytes, 1024).includes('%PDF-');

const htmlStart =
  /^(?:\s|\u00ef\u00bb\u00bf|<!--[\s\S]*?-->|<\?xml[^>]*>)*<(?:!doctype html|html)[\s>]/i;
const looksLikeHtml = (bytes: Uint8Array): boolean => htmlStart.test(ascii(bytes, 1024));

function looksLikeText(bytes: Uint8Array): boolean {
  if (markedEncoding(bytes) !== undefined || wideEncoding(bytes) !== undefined) return true;
  let controls = 0;
  const length = Math.min(bytes.length, 4096);
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return false;
    // Tab, line feed, vertical tab, form feed, carriage return and escape occur in text.
    if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) controls += 1;
  }
  return controls <= length / 50;
}
