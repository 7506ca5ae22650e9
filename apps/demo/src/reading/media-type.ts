import { compoundKind } from './compound-file.ts';
import { UnreadableError } from './parsed-document.ts';
import { looksLikePdf } from './pdf-header.ts';
import { type MediaType, readableTypes, textTypeByExtension } from './readable-types.ts';
import { textKind } from './text-kind.ts';
import { markedEncoding, wideEncoding } from './wide-text.ts';
import { isZip } from './zip-signature.ts';

/**
 * What a file is: its structure decides, and its extension only between kinds of text that look alike.
 *
 * @param extension With its dot, in lower case; empty where the name has none.
 * @throws UnreadableError for what no parser reads, naming what it is.
 */
export async function mediaTypeOf(bytes: Uint8Array, extension: string): Promise<MediaType> {
  // One whose parts are not compressed, as some programs leave them, would pass for text.
  if (isZip(bytes)) return (await import('./zip-kind.ts')).zipKind(bytes, extension);
  const compound = compoundKind(bytes, extension);
  if (compound !== undefined) return compound;
  const isText = looksLikeText(bytes);
  if (looksLikePdf(bytes, { extension, isText })) return readableTypes.pdf;
  if (isText) {
    return textKind(bytes, extension) ?? textTypeByExtension.get(extension) ?? readableTypes.text;
  }
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  throw new UnreadableError('unsupported', found === undefined ? unknown : describe(found));
}

const unknown = 'it is binary data of an unknown kind';

const archives = new Set(['7z', 'rar', 'tar', 'gz', 'bz2', 'xz', 'zst', 'lz', 'cab', 'Z', 'ar']);

function describe({ ext, mime }: { readonly ext: string; readonly mime: string }): string {
  const name = ext.toUpperCase();
  if (mime.startsWith('image/')) return `it is a picture (${name}): no text; OCR is not part of it`;
  if (mime.startsWith('audio/')) return `it is a sound recording (${name}): no text`;
  if (mime.startsWith('video/')) return `it is a film (${name}): no text`;
  if (archives.has(ext)) return `it is an archive (${name}); archives are listed, not opened`;
  return `it is a ${name} file (${mime}), which is not read`;
}

function looksLikeText(bytes: Uint8Array): boolean {
  if (markedEncoding(bytes) !== undefined || wideEncoding(bytes) !== undefined) return true;
  let controls = 0;
  const length = Math.min(bytes.length, 4096);
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    // A log may have a zero where a disk lost a byte. Bell to carriage return and escape occur in text, and so do the shifts of ISO 2022.
    if (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0f) && byte !== 0x1b) controls += 1;
  }
  return controls <= length / 50;
}
