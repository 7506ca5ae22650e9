import { decodeText } from './decode-text.ts';
import { blocksOfNotebook, isNotebook } from './notebook.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';

/** JSON: each object and list is a block of its names and values, the ones within it after it. */
export async function parseJson(bytes: Uint8Array): Promise<ParsedDocument> {
  const source = (await decodeText(bytes)).replace(/^\ufeff/, '');
  const value = parsed(source);
  if (value === undefined) {
    // Each line may be a document; with comments, or cut, it is readable as it stands.
    const [first = ''] = source.split('\n', 1);
    if (parsed(first) !== undefined) return parseJsonLines(bytes);
    return { title: null, blocks: paragraphsOf(unescaped(source)) };
  }
  const { json } = value;
  if (isNotebook(json)) {
    const blocks = await blocksOfNotebook(json);
    return { title: blocks.find(({ kind }) => kind === 'heading')?.text ?? null, blocks };
  }
  return { title: null, blocks: blocksOfValue(json) };
}

/** Each line a record. */
export async function parseJsonLines(bytes: Uint8Array): Promise<ParsedDocument> {
  const blocks: Block[] = [];
  const source = (await decodeText(bytes)).replace(/^\ufeff/, '');
  for (const line of source.split('\n')) {
    const value = parsed(line);
    const text =
      value === undefined
        ? unescaped(line)
        : blocksOfValue(value.json)
            .map((block) => block.text)
            .join(', ');
    if (text.trim() !== '') blocks.push({ kind: 'record', text });
  }
  return { title: null, blocks };
}

/** What stands in quotation marks, as it is meant. */
const unescaped = (source: string): string =>
  source.includes('\\')
    ? source.replace(
        /\\(?:u([\da-f]{4})|([bfnrt])|(["'/\\]))/gi,
        (_all, code, blank, sign: string) =>
          code !== undefined
            ? String.fromCharCode(Number.parseInt(code, 16))
            : (sign ?? (blank && ' ')),
      )
    : source;

/** Numbers that a computer's own would not keep as they are written. */
const mayLoseDigits = /[:[,\s]-?\d{16,}|\d\.\d*0[\s,}\]]|\d[eE][+-]?\d|\d\.\d{16,}/;

function exactly(source: string): unknown {
  try {
    return JSON.parse(source, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? value) : value,
    );
  } catch (error) {
    // Thousands deep: a function is called on each level.
    if (error instanceof RangeError) return JSON.parse(source);
    throw error;
  }
}

/** An object or a list that never ends; finding that out by parsing would take as long as a hundred lines that do. */
const isCut = (source: string): boolean => {
  const text = source.trim();
  return (
    (text.startsWith('{') && !text.endsWith('}')) || (text.startsWith('[') && !text.endsWith(']'))
  );
};

function parsed(source: string): { readonly json: unknown } | undefined {
  if (isCut(source)) return undefined;
  try {
    return { json: mayLoseDigits.test(source) ? exactly(source) : JSON.parse(source) };
  } catch {
    return undefined;
  }
}

/** Without a call for each level, of which there may be any number. */
function blocksOfValue(root: unknown): Block[] {
  const blocks: Block[] = [];
  const waiting: { readonly name: string; readonly value: unknown }[] = [{ name: '', value: root }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, value } = next;
    if (typeof value !== 'object' || value === null) {
      blocks.push({ kind: 'text', text: line(name, value) });
      continue;
    }
    const isList = Array.isArray(value);
    const own: string[] = [];
    const inner: { name: string; value: unknown }[] = [];
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'object' && item !== null) {
        inner.push({ name: isList ? '' : key, value: item });
      } else if (!isEncoded(item)) own.push(line(isList ? '' : key, item));
    }
    const text = own.join(isList ? ' ' : ', ');
    if (name !== '' || text !== '') blocks.push({ kind: 'text', text: line(name, text) });
    for (let at = inner.length - 1; at >= 0; at -= 1) {
      const item = inner[at];
      if (item !== undefined) waiting.push(item);
    }
  }
  return blocks;
}

/** Pictures and the like, as notebooks hold them. */
const isEncoded = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length > 256 &&
  /^[A-Za-z0-9+/=_\n-]{256}/.test(value) &&
  !value.includes(' ');

const line = (name: string, value: unknown): string =>
  name === '' ? String(value) : `${name}: ${String(value)}`;
