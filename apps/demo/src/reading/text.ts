import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';
import { textHead } from './text-head.ts';

/** Plain text and source code: paragraphs are what blank lines part. It names no title. */
export async function parseText(bytes: Uint8Array, extension = ''): Promise<ParsedDocument> {
  const declared = declaredEncoding(bytes) ?? encodingComment.exec(textHead(bytes, 256))?.[1];
  const text = withoutEscapes(await decodeText(bytes, declared));
  const isTex = texExtensions.has(extension) && text.includes('\\');
  const shown = isTex ? (await import('./tex-letters.ts')).withTexLetters(text) : text;
  return { title: null, blocks: paragraphsOf(shown) };
}

const texExtensions = new Set(['.tex', '.ltx', '.bib', '.sty', '.cls']);

const escapeSign = '\u001b';
/** What sets colours and moves the cursor of a terminal, and titles of its window. */
const terminalCodes = new RegExp(
  `${escapeSign}(?:\\[[0-?]{0,64}[ -/]{0,8}[@-~]|\\][^\u0007${escapeSign}]{0,2048}(?:\u0007|${escapeSign}\\\\)|[@-Z\\\\^_])`,
  'g',
);
const backspace = '\u0008';
/** Letters that a printer strikes twice. */
const struckOver = new RegExp(`[^\\n]${backspace}`, 'g');

export function withoutEscapes(text: string): string {
  const plain = text.includes(escapeSign) ? text.replace(terminalCodes, '') : text;
  return plain.includes(backspace) ? plain.replace(struckOver, '') : plain;
}

// As Python, Ruby, editors and style sheets have it.
const encodingComment = /(?:coding[:=][ \t]*|^@charset ")([\w.-]+)/;

export function paragraphsOf(text: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const end = (): void => {
    if (lines.length > 0) blocks.push({ kind: 'text', text: lines.join('\n') });
    lines = [];
  };
  for (const line of text.replaceAll('\f', '\n\n').split(/\r\n|[\n\r]/)) {
    if (line.trim() === '') end();
    else lines.push(line);
  }
  end();
  return blocks;
}
