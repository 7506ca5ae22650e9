import { textHead } from './text-head.ts';

/**
 * Whether bytes are a PDF. Many texts speak of `%PDF-`; a PDF begins with it, and has objects or a
 * table of them. Readers accept something before the header, and only what no text has counts as that.
 */
export function looksLikePdf(
  bytes: Uint8Array,
  { extension, isText }: { readonly extension: string; readonly isText: boolean },
): boolean {
  const header = textHead(bytes).indexOf('%PDF-');
  if (header === -1) return false;
  const isFirst = /^[\s\u00ef\u00bb\u00bf]*$/.test(textHead(bytes).slice(0, header));
  if (extension === '.pdf' && isFirst) return true;
  if (!isFirst && isText && extension !== '.pdf') return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (
    /\d+[\s\0]+\d+[\s\0]+obj\b/.test(textHead(bytes).slice(header)) || buffer.includes('startxref')
  );
}
