import { OffstageError, type VersionReport, type VersionSummary } from '@offstage/core';
import type { VerifyCommand } from './arguments.ts';
import type { Output } from './output.ts';
import {
  contentSize,
  findVersion,
  listVersions,
  openToRead,
  type SnapshotFolder,
} from './snapshot-folder.ts';
import { count, formatBytes, formatDuration, visible } from './text.ts';

export async function verify(
  at: SnapshotFolder,
  { json, gen }: VerifyCommand,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const startedMs = performance.now();
  const versions = await listVersions(at);
  const chosen = gen === undefined ? onePerContent(versions) : [findVersion(at, versions, gen)];
  const widest = chosen.reduce((most, { version }) => Math.max(most, version.length), 0);
  const reports: VersionReport[] = [];
  for (const [index, version] of chosen.entries()) {
    const label = `${index + 1} of ${chosen.length}`;
    const report = await verifyVersion(at, version, output, signal, label);
    if (report === undefined) continue;
    reports.push(report);
    if (!json) output.print(asLines(report, widest, output));
  }
  const ok = reports.every(({ problems }) => problems.length === 0);
  if (json) output.document({ folder: at.folder, ok, versions: reports });
  else output.print(summary(reports, performance.now() - startedMs));
  return ok ? 0 : 1;
}

/**
 * Compares all files of one version, showing on a terminal that it is at it. `undefined` when a
 * writer has removed the version meanwhile. What keeps a version from being read is a problem of its
 * manifest, so that the others are looked at too.
 */
export async function verifyVersion(
  at: SnapshotFolder,
  summary: VersionSummary,
  output: Output,
  signal: AbortSignal,
  label = '1 of 1',
): Promise<VersionReport | undefined> {
  const size = await contentSize(at, summary);
  const what = size ? ` (${count(size.files, 'file')}, ${formatBytes(size.bytes)})` : '';
  const startedMs = performance.now();
  const tick = (): void => {
    const duration = formatDuration(performance.now() - startedMs);
    output.status(`Comparing ${label}, ${duration}: ${summary.version}${what}`);
  };
  tick();
  const ticking = setInterval(tick, 100);
  try {
    await using version = await openToRead(at, summary.gen);
    return await version.verify({ signal });
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    if (problem === 'gone') return undefined;
    const { version, gen } = summary;
    return { version, gen, files: 0, bytes: 0, problems: [{ path: 'manifest.json', problem }] };
  } finally {
    clearInterval(ticking);
    output.status(undefined);
  }
}

// After a rollback two generations share one content.
function onePerContent(versions: readonly VersionSummary[]): readonly VersionSummary[] {
  const seen = new Set<string>();
  return versions.filter(({ content }) => !seen.has(content) && seen.add(content));
}

function problemOf(error: unknown): string | undefined {
  if (!OffstageError.isInstance(error)) return undefined;
  const { code, details, message } = error;
  if (code === 'not_found') return 'gone';
  if (code === 'storage_denied' || code === 'storage_failed') return `cannot be read: ${message}`;
  // A broken CURRENT is no matter of one version.
  if (code !== 'corrupt' || details.version === undefined) return undefined;
  return 'is missing or is not what was published';
}

function asLines(report: VersionReport, widest: number, output: Output): readonly string[] {
  const { version, files, bytes, problems } = report;
  const read = problems.length === 0 || bytes > 0;
  const about = read ? `  ${count(files, 'file')}, ${formatBytes(bytes)}` : '';
  const verdict =
    problems.length === 0 ? (['green', 'ok'] as const) : (['red', 'damaged'] as const);
  return [
    `${output.style(verdict[0], verdict[1].padEnd(7))}  ${version.padEnd(widest)}${about}`.trimEnd(),
    ...problems.map(({ path, problem }) => `         ${visible(path)} ${visible(problem)}`),
  ];
}

function summary(reports: readonly VersionReport[], durationMs: number): string {
  const damaged = reports.filter(({ problems }) => problems.length > 0);
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  const read = `${count(reports.length, 'version')}, ${formatBytes(bytes)} in ${formatDuration(durationMs)}`;
  if (damaged.length === 0) return `${read}: all as published`;
  const problems = damaged.reduce((sum, report) => sum + report.problems.length, 0);
  return `${read}: ${count(problems, 'problem')} in ${count(damaged.length, 'version')}`;
}
