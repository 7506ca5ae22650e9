import path from 'node:path';
import { parseArgs } from 'node:util';
import { isSearchLanguage, stemLanguages } from '../search/stemming.ts';

/** The command line asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const ingestUsage = `Usage: npm run ingest -- <folder> [options]

Reads the documents in a folder and publishes a searchable snapshot of them: all at once, or not at
all. Ctrl-C cancels, and nothing is published. What has not changed since the last time is not read
again, and where nothing has, nothing is published.

  --data DIR              where the snapshots are kept (default: data)
  --file-timeout SECONDS  gives a file up that takes longer to read (default: 30)
  --memory MB             gives a file up that takes more memory to read (default: 512)
  --checksum              compares every file by its content, whatever its size and times say, and
                          tries files again that took too long or too much memory
  --fresh                 parses again what a run that was cut short had parsed already
  --json                  prints events as lines of JSON
  --help                  prints this

Exit codes: 0 published, 1 failed, 130 canceled.`;

export const searchUsage = `Usage: npm run search -- "<words>" [options]

Searches the current snapshot. Words in double quotes are a phrase; -word leaves out what has it; one OR
another finds either; name:word looks into the names of files and folders; word* finds what begins so.

  --data DIR        where the snapshots are kept (default: data)
  --limit N         documents on a page, 1 to 100 (default: 10)
  --page N          further documents (default: 1)
  --kind KIND       documents of this kind alone: pdf, word, web, markdown, text, table, slides, mail,
                    book, data, subtitles, or a media type; may be given more than once
  --folder FOLDER   documents in this folder alone
  --language CODE   auto, none, or the language whose words have one stem (default: the corpus's setting)
  --no-check        does not look whether the documents have changed since
  --json            prints the answer as JSON
  --help            prints this

Exit codes: 0 answered, 1 failed.`;

export interface IngestArguments {
  /** As it was written; `folder` is absolute. */
  readonly folder: string;
  readonly dataFolder: string;
  /** As it was written; `undefined` for the default. */
  readonly dataOption: string | undefined;
  readonly fileTimeoutMs: number;
  readonly memoryLimitMb: number;
  readonly checksum: boolean;
  readonly fresh: boolean;
  readonly json: boolean;
}

/** @returns `help` when that is asked for. @throws UsageError */
export function readIngestArguments(args: readonly string[]): IngestArguments | 'help' {
  const { values, positionals } = parse(args, {
    data: { type: 'string' },
    'file-timeout': { type: 'string', default: '30' },
    memory: { type: 'string', default: '512' },
    checksum: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const);
  if (values.help) return 'help';
  const [folder, ...more] = positionals;
  if (folder === undefined || folder === '') throw new UsageError('Name the folder to ingest.');
  if (more.length > 0) throw new UsageError('Name one folder; quote a name that holds spaces.');
  return {
    folder: path.resolve(folder),
    dataFolder: dataFolder(values.data),
    dataOption: values.data,
    fileTimeoutMs: Math.round(
      number('--file-timeout', values['file-timeout'], 0.001, 86_400) * 1000,
    ),
    memoryLimitMb: Math.round(number('--memory', values.memory, 32, 65_536)),
    checksum: values.checksum,
    fresh: values.fresh,
    json: values.json,
  };
}

export interface SearchArguments {
  readonly query: string;
  readonly dataFolder: string;
  readonly limit: number;
  readonly page: number;
  readonly kinds: readonly string[];
  readonly folder: string | undefined;
  readonly language: string | undefined;
  readonly check: boolean;
  readonly json: boolean;
}

/** @returns `help` when that is asked for. @throws UsageError */
export function readSearchArguments(args: readonly string[]): SearchArguments | 'help' {
  const { values, positionals } = parse(args, {
    data: { type: 'string' },
    limit: { type: 'string', default: '10' },
    page: { type: 'string', default: '1' },
    kind: { type: 'string', multiple: true, default: [] },
    folder: { type: 'string' },
    language: { type: 'string' },
    check: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const);
  if (values.help) return 'help';
  if (positionals.length === 0) throw new UsageError('Name the words to search for.');
  const limit = number('--limit', values.limit, 1, 100);
  if (!Number.isInteger(limit)) throw new UsageError('--limit takes a whole number.');
  const page = number('--page', values.page, 1, 1_000_000);
  if (!Number.isInteger(page)) throw new UsageError('--page takes a whole number.');
  if (values.language !== undefined && !isSearchLanguage(values.language)) {
    throw new UsageError(`--language takes auto, none or one of ${stemLanguages.join(', ')}.`);
  }
  return {
    query: positionals.join(' '),
    dataFolder: dataFolder(values.data),
    ...{ limit, page, kinds: values.kind, folder: values.folder, language: values.language },
    check: values.check,
    json: values.json,
  };
}

function parse<const T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function dataFolder(option = 'data'): string {
  if (option === '') throw new UsageError('--data takes a folder.');
  return path.resolve(option);
}

function number(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new UsageError(`${option} takes a number from ${min} to ${max}.`);
  }
  return value;
}
