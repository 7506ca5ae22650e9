import { decodeText } from './decode-text.ts';
import type { ParsedDocument } from './parsed-document.ts';

/** Plain text: paragraphs are what blank lines part. It names no title. */
export function parseText(bytes: Uint8Array): ParsedDocument {
  return {
    title: null,
    blocks: decodeText(bytes)
      .split(/\r?\n[ \t]*(?:\r?\n)+|\f/)
      .map((text) => ({ kind: 'text', text })),
  };
}
