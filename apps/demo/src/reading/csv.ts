import { parse } from 'csv-parse/sync';
import { decodeText } from './decode-text.ts';
import { type ParsedDocument, type ParseLimits, UnreadableError } from './parsed-document.ts';
import { blocksOfTable } from './table-blocks.ts';
import { paragraphsOf } from './text.ts';

const delimiters = [',', ';', '\t', '|'];

/** Tables as text: each row a passage under the names of its columns. */
export async function parseCsv(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const source = (await decodeText(bytes)).replace(/^\ufeff/, '');
  if (source.length > limits.maxCharacters) {
    throw new UnreadableError(
      'too_large',
      `it has more than ${limits.maxCharacters.toLocaleString('en')} characters of text`,
    );
  }
  try {
    const { delimiter, body } = dialectOf(source);
    const rows: string[][] = parse(body, {
      delimiter,
      relaxColumnCount: true,
      relaxQuotes: true,
      skipEmptyLines: true,
    });
    return { title: null, blocks: blocksOfTable(rows) };
  } catch {
    // Quotation marks that never close: it is readable as it stands.
    return { title: null, blocks: paragraphsOf(source) };
  }
}

/** Excel's own line `sep=;`, else the sign that parts the first line most often. */
function dialectOf(source: string): { delimiter: string; body: string } {
  const named = /^sep=(.)\r?\n/.exec(source);
  if (named?.[1] !== undefined) {
    return { delimiter: named[1], body: source.slice(named[0].length) };
  }
  const counts = new Map(delimiters.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (const character of source.slice(0, 64 * 1024)) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\n' && !isQuoted) break;
    else if (!isQuoted && counts.has(character)) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  return { delimiter: best !== undefined && best[1] > 0 ? best[0] : ',', body: source };
}
