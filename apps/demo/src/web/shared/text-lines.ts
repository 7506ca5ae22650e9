import type { SnippetPart } from '../api.ts';

type Parts = readonly SnippetPart[];

/** A stretch of a document's text as it is shown: lines, or a table with its rows and their cells. */
export type TextStretch =
  | { readonly kind: 'lines'; readonly parts: Parts }
  | { readonly kind: 'table'; readonly rows: readonly (readonly Parts[])[] };

const cellEnd = ' | ';

/** A passage has a row of a table in each of its lines, where it has several. */
export function stretchesOf(parts: Parts): readonly TextStretch[] {
  const lines = split(parts, '\n');
  if (lines.length === 1) return [{ kind: 'lines', parts }];
  const stretches: TextStretch[] = [];
  let rows: (readonly Parts[])[] = [];
  const endTable = (): void => {
    if (rows.length > 0) stretches.push({ kind: 'table', rows });
    rows = [];
  };
  for (const line of lines) {
    const cells = split(line, cellEnd);
    if (cells.length > 1) {
      rows.push(cells);
      continue;
    }
    endTable();
    if (line.length > 0) stretches.push({ kind: 'lines', parts: line });
  }
  endTable();
  return stretches;
}

/** How many marks are shown: a phrase may begin in one cell and end in another. */
export const countMarks = (parts: Parts): number =>
  stretchesOf(parts)
    .flatMap((stretch) => (stretch.kind === 'lines' ? [stretch.parts] : stretch.rows.flat()))
    .flat()
    .filter(({ match }) => match).length;

function split(parts: Parts, sign: string): readonly Parts[] {
  const pieces: SnippetPart[][] = [[]];
  for (const { text, match } of parts) {
    for (const [at, piece] of text.split(sign).entries()) {
      if (at > 0) pieces.push([]);
      if (piece !== '') pieces.at(-1)?.push({ text: piece, match });
    }
  }
  return pieces;
}
