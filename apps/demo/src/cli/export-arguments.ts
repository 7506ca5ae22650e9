import path from 'node:path';
import { type ArchiveFormat, archiveFormats } from '../export/archive.ts';
import { dataFolder, parse, UsageError } from './arguments.ts';

export const exportUsage = `Usage: npm run export -- <file.zip | file.tar | -> [options]

Writes a published version as an archive: version.json, documents.jsonl with a line for each file and its
text, and the uploaded files themselves below documents/. "-" writes to standard output.

  --data DIR        where the snapshots are kept (default: data)
  --format FORMAT   zip or tar (default: by the file's name, and tar for "-")
  --version NAME    a version by its name or number (default: the current one)
  --force           replaces a file that is there
  --help            prints this

Exit codes: 0 written, 1 failed, 130 canceled.`;

export interface ExportArguments {
  /** Absolute; `undefined` for standard output. */
  readonly file: string | undefined;
  readonly dataFolder: string;
  readonly format: ArchiveFormat;
  readonly version: string | undefined;
  readonly force: boolean;
}

/** @returns `help` when that is asked for. @throws UsageError */
export function readExportArguments(args: readonly string[]): ExportArguments | 'help' {
  const { values, positionals } = parse(args, {
    data: { type: 'string' },
    format: { type: 'string' },
    version: { type: 'string' },
    force: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const);
  if (values.help) return 'help';
  const [file, ...more] = positionals;
  if (file === undefined || file === '') throw new UsageError('Name the file to write.');
  if (more.length > 0) throw new UsageError('Name one file; quote a name that holds spaces.');
  const isStandard = file === '-';
  const byName = isStandard ? 'tar' : path.extname(file).slice(1).toLowerCase();
  const format = archiveFormats.find((known) => known === (values.format ?? byName));
  if (format === undefined) {
    throw new UsageError(
      values.format === undefined
        ? 'Name a file that ends in .zip or .tar, or give its --format.'
        : '--format takes zip or tar.',
    );
  }
  return {
    file: isStandard ? undefined : path.resolve(file),
    ...{ dataFolder: dataFolder(values.data), format },
    ...{ version: values.version, force: values.force },
  };
}
