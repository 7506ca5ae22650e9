import { hash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ParseProcess } from './parse-process.ts';
import { readableTypes } from './readable-types.ts';
import { readerOf } from './reader-versions.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures');
const table = path.join(fixtures, 'readers/versions.tsv');
const isWriting = process.env.OFFSTAGE_READERS === 'write';

/** How a file was read: by which readers, and the hash of what came out. */
interface Read {
  readonly reader: string;
  readonly result: string;
}

const files = globSync('{cases,origins,readers}/**/*.*', { cwd: fixtures })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => !/(?:expected|versions)\.tsv$|README\.md$/.test(file))
  .sort();

const known = new Map<string, Read>(
  readFileSync(table, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [file = '', reader = '', result = ''] = line.split('\t');
      return [file, { reader, result }];
    }),
);

const shortened = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16);

async function read(
  file: string,
  parser: ParseProcess,
): Promise<Read & { readonly mediaType: string }> {
  const bytes = readFileSync(path.join(fixtures, file));
  const outcome = await parser.parse(bytes, path.extname(file).toLowerCase());
  if ('file' in outcome) {
    const { mediaType } = outcome.file;
    const result = shortened(JSON.stringify(outcome.file));
    return { mediaType, reader: readerOf(mediaType), result };
  }
  const { code, message } = outcome.failure;
  // Any of the readers may come to read it, so it is tried again whenever one of them is another.
  const reader = `none of ${shortened(readerOf(null))}`;
  return { mediaType: '', reader, result: `${code} ${shortened(message)}` };
}

test('D2 a reader that makes something else of the same bytes has another version', async () => {
  const unsaid: string[] = [];
  const rows: string[] = [];
  const mediaTypes = new Set<string>();
  await using parser = new ParseProcess();
  for (const file of files) {
    const { mediaType, reader, result } = await read(file, parser);
    mediaTypes.add(mediaType);
    rows.push(`${file}\t${reader}\t${result}\n`);
    const former = known.get(file);
    if (former?.reader === reader && former.result !== result) {
      unsaid.push(
        `${file} is read differently by "${reader}": raise the version of what has changed in reader-versions.ts, so that files that were read before are read again.`,
      );
    }
  }
  expect(unsaid).toEqual([]);
  expect(Object.values(readableTypes).filter((type) => !mediaTypes.has(type))).toEqual([]);
  if (isWriting) writeFileSync(table, rows.join(''));
  expect(
    readFileSync(table, 'utf8'),
    'Files or versions of readers are new. OFFSTAGE_READERS=write npm run unit -- --project demo reader-versions notes them.',
  ).toBe(rows.join(''));
});
