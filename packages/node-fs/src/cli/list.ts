import type { VersionSummary } from '@offstage/core';
import type { ListCommand } from './arguments.ts';
import type { Output } from './output.ts';
import {
  type ContentSize,
  contentGen,
  contentSize,
  leaseStates,
  listVersions,
  type SnapshotFolder,
} from './snapshot-folder.ts';
import { count, fitting, formatBytes, formatCount, localTime, table, utcTime } from './text.ts';

export interface Row {
  readonly version: VersionSummary;
  readonly size: ContentSize | undefined;
  readonly leased: boolean | undefined;
}

export async function list(
  at: SnapshotFolder,
  { json, limit }: ListCommand,
  output: Output,
): Promise<number> {
  const versions = await listVersions(at);
  const shown = versions.slice(0, limit);
  const leased = await leaseStates(at, shown);
  const rows: Row[] = [];
  for (const version of shown) {
    rows.push({ version, size: await contentSize(at, version), leased: leased(version) });
  }
  if (json) {
    const { folder } = at;
    output.document({ folder, kept: versions.length, versions: rows.map(asDocument) });
  } else if (versions.length === 0) output.print(`Nothing was published in ${at.folder} yet.`);
  else {
    const [titles = '', ...lines] = rowsIn(output.width, rows);
    output.print([output.style('dim', titles), ...lines]);
    const hidden = versions.length - shown.length;
    if (hidden > 0) output.print(`and ${count(hidden, 'older version')}`);
  }
  return 0;
}

/** As much of each as fits beside one another. */
export const rowsIn = (width: number, rows: readonly Row[]): readonly string[] =>
  fitting(
    [() => asTable(rows, 'full'), () => asTable(rows, 'medium'), () => asTable(rows, 'narrow')],
    width,
  );

const asDocument = ({ version, size, leased }: Row) => ({
  gen: version.gen,
  version: version.version,
  current: version.current,
  createdAt: utcTime(version.createdAt),
  content: version.content,
  files: size?.files ?? null,
  bytes: size?.bytes ?? null,
  leased: leased ?? null,
});

function asTable(rows: readonly Row[], form: 'full' | 'medium' | 'narrow'): readonly string[] {
  const cells = rows.map(({ version, size, leased }) => {
    const of = version.content === version.version ? undefined : contentGen(version);
    const notes = [
      ...(leased === true ? ['in use'] : []),
      ...(of === undefined ? [] : [form === 'narrow' ? `as ${of}` : `content of ${of}`]),
      ...(size === undefined ? ['damaged'] : []),
    ];
    return [
      version.current ? '*' : '',
      String(version.gen),
      form === 'full' ? version.version : '',
      localTime(version.createdAt, { offset: form !== 'narrow' }),
      size === undefined ? '?' : formatCount(size.files),
      size === undefined ? '?' : formatBytes(size.bytes),
      notes.join(', '),
    ];
  });
  return table(
    [
      { title: '' },
      { title: 'gen', align: 'right' },
      { title: 'version' },
      { title: 'published' },
      { title: 'files', align: 'right' },
      { title: 'size', align: 'right' },
      { title: '' },
    ],
    cells,
  );
}
