import { append } from './append.ts';
import { documentOfHtml } from './html.ts';
import { blocksOfMarkdown } from './markdown.ts';
import type { Block } from './parsed-document.ts';
import { paragraphsOf, withoutEscapes } from './text.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a notebook of Jupyter: cells, or sheets of them as the third format has it. */
export const isNotebook = (value: unknown): value is Fields =>
  isFields(value) &&
  typeof value.nbformat === 'number' &&
  (Array.isArray(value.cells) || Array.isArray(value.worksheets));

/** What a notebook shows: its texts as Markdown, its code, and what the code has put out. */
export async function blocksOfNotebook(notebook: Fields): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  const sheets = Array.isArray(notebook.worksheets) ? notebook.worksheets : [notebook];
  for (const cell of sheets
    .filter(isFields)
    .flatMap(({ cells }) => (Array.isArray(cells) ? cells : []))) {
    if (!isFields(cell)) continue;
    const source = textOf(cell.source ?? cell.input);
    if (cell.cell_type === 'markdown') append(blocks, await blocksOfMarkdown(source));
    else append(blocks, paragraphsOf(source));
    if (!Array.isArray(cell.outputs)) continue;
    for (const output of cell.outputs.filter(isFields)) append(blocks, blocksOfOutput(output));
  }
  return blocks;
}

function blocksOfOutput(output: Fields): readonly Block[] {
  const data = isFields(output.data) ? output.data : output;
  const failure = [textOf(output.ename), textOf(output.evalue)].filter(Boolean).join(': ');
  const plain = textOf(data['text/plain'] ?? output.text);
  const html = textOf(data['text/html'] ?? data['text/markdown'] ?? data['text/latex']);
  // A table is plain text as well, without the ends of its columns.
  const shown = html === '' ? paragraphsOf(withoutEscapes(plain)) : documentOfHtml(html).blocks;
  const trace = withoutEscapes(textOf(output.traceback, '\n'));
  return [...shown, ...paragraphsOf(failure), ...paragraphsOf(trace)];
}

/** Lines of text are kept one by one, with their ends. */
function textOf(value: unknown, sign = ''): string {
  if (Array.isArray(value)) return value.filter((each) => typeof each === 'string').join(sign);
  return typeof value === 'string' ? value : '';
}
