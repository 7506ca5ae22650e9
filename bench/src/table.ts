import type { Row } from './row.ts';

/** Prints rows as a Markdown table, columns aligned. */
export function printRows(rows: readonly Row[]): void {
  const lines = [
    ['measure', 'ours', 'peer', 'ratio', 'to reach', ''],
    ...rows.map((row) => [
      row.measure,
      row.ours,
      row.peer,
      row.ratio === null ? '' : row.ratio.toFixed(2),
      row.target,
      row.pass === null ? 'not measured' : row.pass ? 'reached' : 'MISSED',
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0), 3),
  );
  const print = (cells: readonly string[], fill: string): void => {
    console.log(
      `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width, fill)).join(' | ')} |`,
    );
  };
  for (const [index, line] of lines.entries()) {
    print(line, ' ');
    if (index === 0) print([], '-');
  }
  console.log();
}

/** Runs a bench when its file is started by itself. */
export async function runAlone(
  meta: ImportMeta,
  bench: { readonly name: string; run(): Promise<readonly Row[]> },
): Promise<void> {
  if (!meta.main) return;
  console.log(`## ${bench.name}\n`);
  printRows(await bench.run());
  process.exit();
}
