import { parse as parseToml } from 'smol-toml';
import { isMap, parseDocument } from 'yaml';
import type { Block } from './parsed-document.ts';

export interface FrontMatter {
  readonly title: string | undefined;
  /** What it says besides the title. */
  readonly blocks: readonly Block[];
  /** The source after it. */
  readonly body: string;
}

const maxLength = 64 * 1024;
const maxDepth = 20;

/**
 * The fields before a Markdown document: YAML between lines of `---`, or TOML between lines of `+++`. A
 * document that begins with a rule has none.
 */
export function splitFrontMatter(source: string): FrontMatter | undefined {
  const fence = /^(---|\+\+\+)[ \t]*\r?\n/.exec(source.slice(0, 1024));
  const mark = fence?.[1];
  if (fence === null || mark === undefined) return undefined;
  const start = fence[0].length;
  const end = endOf(source, start, mark);
  if (end === undefined || end.from - start > maxLength) return undefined;
  const text = source.slice(start, end.from);
  const body = source.slice(end.to);
  const fields = mark === '---' ? yamlFields(text) : tomlFields(text);
  return fields === undefined ? undefined : { ...describe(fields), body };
}

function endOf(
  source: string,
  start: number,
  mark: string,
): { from: number; to: number } | undefined {
  for (let at = start; at < source.length && at - start <= maxLength; ) {
    const next = source.indexOf('\n', at);
    const lineEnd = next === -1 ? source.length : next;
    const line = source.slice(at, lineEnd).trimEnd();
    if (line === mark || (mark === '---' && line === '...')) return { from: at, to: lineEnd + 1 };
    at = lineEnd + 1;
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Fields stand right after the rule; a heading, a blank line or a sentence there is the document's own. */
function yamlFields(text: string): Fields | undefined {
  const firstLine = text.slice(0, Math.max(0, text.indexOf('\n')));
  if (text.trim() === '') return undefined;
  if (firstLine.trim() === '' || /^#{1,6}\s/.test(firstLine)) return undefined;
  try {
    const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
    if (document.errors.length === 0) {
      if (!isMap(document.contents)) return undefined;
      return document.toJS({ maxAliasCount: 100 }) as Fields;
    }
  } catch {
    // More aliases or more depth than anyone writes.
  }
  return looseFields(text);
}

// Not YAML, but meant to be: a colon in a title, say.
function looseFields(text: string): Fields | undefined {
  const fields: Record<string, unknown> = {};
  let name = '';
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (/^[A-Za-z][\w-]*$/.test(line.slice(0, Math.max(0, colon)))) {
      name = line.slice(0, colon);
      fields[name] = line.slice(colon + 1).trim();
    } else if (name === '') {
      if (line.trim() !== '') return undefined;
    } else {
      fields[name] = `${String(fields[name])} ${line.trim()}`;
    }
  }
  return name === '' ? undefined : fields;
}

function tomlFields(text: string): Fields | undefined {
  try {
    return parseToml(text);
  } catch {
    return undefined;
  }
}

function describe(fields: Fields): { title: string | undefined; blocks: Block[] } {
  const blocks: Block[] = [];
  let title: string | undefined;
  for (const [name, value] of Object.entries(fields)) {
    const words = wordsOf(value);
    if (words === '') continue;
    if (name.toLowerCase() === 'title' && title === undefined) title = words;
    else blocks.push({ kind: 'text', text: `${name}: ${words}` });
  }
  return { title, blocks };
}

function wordsOf(value: unknown, depth = 0): string {
  if (value === null || value === undefined || depth > maxDepth) return '';
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? '' : value.toISOString().replace(/T00:00:00.*$/, '');
  }
  if (typeof value !== 'object') return String(value).trim();
  if (Array.isArray(value)) {
    return value
      .map((item) => wordsOf(item, depth + 1))
      .filter(Boolean)
      .join(', ');
  }
  return Object.entries(value)
    .map(([name, item]) => `${name}: ${wordsOf(item, depth + 1)}`)
    .join(', ');
}
