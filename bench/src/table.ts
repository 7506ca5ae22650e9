import { appendFileSync } from 'node:fs';
import type { Row } from './row.ts';

/** Rows as a Markdown table, columns aligned. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    ['measure', 'ours', 'peer', 'ratio', 'to reach', ''],
    ...rows.map((row) => [
      row.measure,
      row.ours,
      row.peer,
      row.ratio === null ? '' : row.ratio.toFixed(2),
      row.target,
      verdictOf(row),
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0), 3),
  );
  const lineOf = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...rest] = lines;
  return [lineOf(head, ' '), lineOf([], '-'), ...rest.map((line) => lineOf(line, ' '))].join('\n');
}

function verdictOf({ target, pass }: Row): string {
  if (pass !== null) return pass ? 'reached' : 'MISSED';
  return target === '' ? '' : 'not measured';
}

/** Runs a bench when its file is started by itself, and leaves its rows where charts are made of them. */
export async function runAlone(
  meta: ImportMeta,
  bench: { readonly name: string; run(): Promise<readonly Row[]> },
): Promise<void> {
  if (!meta.main) return;
  console.log(`## ${bench.name}\n`);
  const rows = await bench.run();
  console.log(`${tableOf(rows)}\n`);
  const { OFFSTAGE_BENCH_ROWS: file, OFFSTAGE_BENCH_GROUP: group } = process.env;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ group, rows })}\n`);
  process.exit();
}
