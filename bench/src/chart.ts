import type { Row } from './row.ts';

/** A row that was measured against something, and how many times better it was; below 1, worse. */
interface Bar {
  readonly row: Row;
  readonly better: number;
}

const width = 760;
const rowHeight = 46;
const top = 58;
const bottom = 34;
const middle = width / 2;
/** A bar ends here, and says so, however far the figure lies beyond. */
const most = 16;

/**
 * The rows that have a ratio, as an SVG with bars from the line where both are equal: to the right where ours is
 * better, to the left where the peer is. `undefined` without any such row.
 */
export function chartOf(title: string, rows: readonly Row[]): string | undefined {
  const bars = rows.flatMap((row) => barOf(row));
  if (bars.length === 0) return undefined;
  const height = top + bars.length * rowHeight + bottom;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title>
<style>
  .paper { fill: #ffffff; stroke: #d0d7de } .ink { fill: #1f2328 } .pale { fill: #59636e } .line { stroke: #8c959f }
  .ours { fill: #2f7d4f } .theirs { fill: #b35900 }
  .label { stroke: #ffffff; stroke-width: 5px; paint-order: stroke }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #151b23; stroke: #3d444d } .ink { fill: #f0f6fc } .pale { fill: #9198a1 } .line { stroke: #656c76 }
    .ours { fill: #3fb950 } .theirs { fill: #e3872d } .label { stroke: #151b23 }
  }
</style>
<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />
<text class="ink" x="16" y="24" font-weight="600">${escaped(title)}</text>
<text class="pale" x="${middle - 10}" y="46" text-anchor="end">the peer is better</text>
<text class="pale" x="${middle + 10}" y="46">Offstage is better</text>
<line class="line" x1="${middle}" y1="34" x2="${middle}" y2="${height - bottom}" />
${bars.map(drawn).join('\n')}
<text class="pale" x="${middle}" y="${height - 12}" text-anchor="middle">equal</text>
</svg>
`;
}

function barOf(row: Row): Bar[] {
  if (row.ratio === null || !(row.ratio > 0)) return [];
  const lessIsBetter = /^(at most|under|below|<)/.test(row.target);
  return [{ row, better: lessIsBetter ? 1 / row.ratio : row.ratio }];
}

function drawn({ row, better }: Bar, index: number): string {
  const y = top + index * rowHeight;
  const share = Math.min(1, Math.abs(Math.log2(better)) / Math.log2(most));
  const length = Math.max(1, share * (middle - 90));
  const isOurs = better >= 1;
  const x = isOurs ? middle : middle - length;
  const times = `${(isOurs ? better : 1 / better).toFixed(2)} x`;
  const end = isOurs ? middle + length + 6 : middle - length - 6;
  return `<text class="ink label" x="16" y="${y + 14}">${escaped(cut(labelOf(row)))}</text>
<rect class="${isOurs ? 'ours' : 'theirs'}" x="${x.toFixed(1)}" y="${y + 20}" width="${length.toFixed(1)}" height="12" rx="2" />
<text class="ink" x="${end.toFixed(1)}" y="${y + 31}"${isOurs ? '' : ' text-anchor="end"'}>${times}</text>`;
}

/** Where a measure has several peers, a row says which one it was. */
function labelOf({ measure, peer }: Row): string {
  const [, name] = /^([^:]+): /.exec(peer) ?? [];
  return name === undefined ? measure : `${measure}, against ${name}`;
}

/** The table beside the chart has it whole. */
const cut = (text: string): string => (text.length > 105 ? `${text.slice(0, 104)}…` : text);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
