import type { Block } from './parsed-document.ts';

/** Beyond so many rows a passage holds several. */
const maxRecords = 20_000;
const maxHeaderLength = 600;

/**
 * The rows of a sheet: each is a passage under the names of its columns, where the first row is such.
 *
 * @param name Of the sheet; empty where it has none.
 */
export function blocksOfTable(rows: readonly (readonly string[])[], name = ''): Block[] {
  const filled = rows
    .map((row) => row.map((cell) => cell.trim()).filter((cell) => cell !== ''))
    .filter((row) => row.length > 0);
  if (filled.length === 0) return [];
  const [first = []] = filled;
  const hasHeader = filled.length > 1 && first.length > 1 && first.every(isName);
  const header = hasHeader ? first.join(' | ') : '';
  const heading = [name, header].filter((text) => text !== '').join(': ');
  const kind = filled.length > maxRecords ? 'text' : 'record';
  const blocks: Block[] = [];
  if (heading !== '') blocks.push({ kind: 'heading', text: heading.slice(0, maxHeaderLength) });
  // A header that is longer than a heading may be is found as a row as well.
  const from = hasHeader && heading.length <= maxHeaderLength ? 1 : 0;
  for (const row of filled.slice(from)) blocks.push({ kind, text: row.join(' | ') });
  return blocks;
}

/** A row of a table in running text. */
export const rowOfCells = (cells: readonly string[]): Block => ({
  kind: 'text',
  text: cells.join(' | '),
  inTable: 'row',
});

// Names of columns are words; a number or a date is a value already.
const isName = (cell: string): boolean => /\p{L}/u.test(cell) && cell.length <= 100;
