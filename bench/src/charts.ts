import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chartOf } from './chart.ts';
import type { Row } from './row.ts';
import { tableOf } from './table.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const page = path.join(docs, 'measurements.md');

/** A bench's rows, as its process has written them down. */
export interface Measured {
  /** The folder of the bench, such as `core`. */
  readonly group: string;
  readonly rows: readonly Row[];
}

const titles: Readonly<Record<string, string>> = {
  core: 'Jobs in one process',
  worker: 'Worker threads',
  http: 'Over HTTP',
  react: 'On a page',
  journal: 'Jobs that are kept, in full',
  snapshots: 'Snapshots',
  demo: 'The Documents application',
};

/** Reads what benches left, a line each. */
export function readMeasured(file: string): Measured[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Measured);
}

/** Draws the measured groups into docs/images/bench, and writes them, with tables, into docs/measurements.md. */
export function writeCharts(measured: readonly Measured[], machine: string): void {
  const images = path.join(docs, 'images', 'bench');
  mkdirSync(images, { recursive: true });
  const groups = [...new Set(measured.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const rows = measured.filter((each) => each.group === group).flatMap((each) => each.rows);
    const title = titles[group] ?? group;
    const chart = chartOf(title, rows);
    if (chart !== undefined) writeFileSync(path.join(images, `${group}.svg`), chart);
    const picture =
      chart === undefined
        ? ''
        : `![${title}: the ratios of the table below, as bars.](images/bench/${group}.svg)\n\n`;
    return `## ${title}\n\n${picture}${tableOf(rows)}\n`;
  });
  const text = readFileSync(page, 'utf8');
  const [before = '', , after = ''] = text.split(/(?<=<!-- rows -->\n)|(?=<!-- \/rows -->)/);
  writeFileSync(page, `${before}\n${machine}\n\n${sections.join('\n')}\n${after}`);
}
