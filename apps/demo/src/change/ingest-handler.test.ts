import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { search } from '../search/search.ts';
import { indexFile } from '../search/search-index.ts';
import { encryptedPdf, scannedPdf, zipBomb } from '../testing/documents.ts';
import { inlineJobs, runIngest, settleIngest } from '../testing/ingest.ts';
import { corpus, endlessMarkdown, scratch, writeFiles } from '../testing/scratch.ts';
import { ingest } from './ingest-job.ts';

const versionsIn = (data: string): string[] => {
  const folder = path.join(data, 'snapshots');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('-')) : [];
};

test('D6 each file that cannot be read is listed with its reason, and the rest is published', async () => {
  const folder = writeFiles(scratch(), {
    'bomb.docx': zipBomb(300),
    'encrypted.pdf': encryptedPdf(),
    'endless.md': endlessMarkdown,
    'empty.pdf': '',
    'good.md': '# Good\n\nOne findable sentence.',
    'scan.pdf': await scannedPdf(),
    'torn.pdf': '%PDF-1.7 torn',
    'wrong.pdf': 'Plain text under a wrong name.',
  });
  if (process.platform !== 'win32') symlinkSync('good.md', path.join(folder, 'link.md'));
  const data = scratch();
  const end = await settleIngest(folder, data, { fileTimeoutMs: 3000 });
  expect(end.status).toBe('succeeded');
  const codes = Object.fromEntries(
    end.result?.failures.map(({ path: name, code }) => [name, code]) ?? [],
  );
  const { 'link.md': link = 'not_a_file', ...others } = codes;
  expect(link).toBe('not_a_file');
  expect(others).toEqual({
    'bomb.docx': 'too_large',
    'encrypted.pdf': 'encrypted',
    'endless.md': 'timeout',
    'empty.pdf': 'empty',
    'scan.pdf': 'no_text',
    'torn.pdf': 'damaged',
  });
  expect((await search(data, 'findable sentence')).hits[0]?.path).toBe('good.md');
  expect((await search(data, 'wrong name')).hits[0]?.path).toBe('wrong.pdf');

  // The index names all of them, also where a result would cut the list.
  await using version = await openSnapshots(data).current();
  using database = new DatabaseSync(version?.path(indexFile) ?? '', { readOnly: true });
  const rows = database.prepare('SELECT path FROM files WHERE failure IS NOT NULL').all();
  expect(rows.map((row) => row.path).sort()).toEqual(Object.keys(codes).sort());
});

test('D6 when every file fails nothing is published, and the job says so', async () => {
  const folder = writeFiles(scratch(), { 'a.pdf': '', 'b.md': ' ' });
  const data = scratch();
  const end = await settleIngest(folder, data);
  expect(end).toMatchObject({
    status: 'failed',
    failure: {
      code: 'nothing_readable',
      message:
        'None of the 2 files could be read, so nothing was published. "a.pdf": it is empty; "b.md": it has no text.',
    },
  });
  expect(versionsIn(data)).toEqual([]);
});

test('D9 an empty folder, and one of links alone, say that nothing was published', async () => {
  const empty = scratch();
  expect(await settleIngest(empty, scratch())).toMatchObject({ failure: { code: 'no_documents' } });
  if (process.platform !== 'win32') symlinkSync('/etc', path.join(empty, 'link'));
  expect(await settleIngest(empty, scratch())).toMatchObject({ failure: { code: 'no_documents' } });
});

test('D3 S5 a cancel while a parser hangs publishes nothing, and the earlier version stays', async () => {
  const data = scratch();
  const { version } = await runIngest(corpus, data);
  const jobs = inlineJobs();
  const folder = writeFiles(scratch(), { 'a.md': 'first', 'b.md': endlessMarkdown });
  const { id } = await jobs.start(ingest, { folder, dataFolder: data });
  // The first file is done, so the parser is at the endless one.
  const phase = async () => (await jobs.get(id))?.progress?.phase;
  await expect.poll(phase).toBe('parse');
  const canceledAt = performance.now();
  expect(await jobs.cancel(id)).toBe(true);
  expect((await jobs.wait(id)).status).toBe('canceled');
  // Not a measure of speed: the parser would go on for minutes.
  expect(performance.now() - canceledAt).toBeLessThan(10_000);
  expect(versionsIn(data)).toEqual([version]);
  expect((await search(data, 'seventeen pencils')).version).toBe(version);
});

test('D5 S7 a second ingest on the same data folder is told who must wait', async () => {
  const data = scratch();
  await using draft = await openSnapshots(data).begin();
  const end = await settleIngest(corpus, data);
  expect(end).toMatchObject({ status: 'failed', failure: { code: 'locked' } });
  expect(end.failure?.message).toMatch(/^Another ingest is writing to this data folder\./);
  await draft.discard();
  expect((await settleIngest(corpus, data)).status).toBe('succeeded');
});

test('D4 the data folder may lie in the folder of the documents', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'word' });
  const data = path.join(folder, 'data');
  expect(await runIngest(folder, data)).toMatchObject({ documents: 1, failed: 0 });
  writeFiles(folder, { 'b.md': 'another' });
  expect(await runIngest(folder, data)).toMatchObject({ gen: 2, documents: 2, failed: 0 });
});

test('D6 ten thousand files are ingested like ten', async () => {
  const count = process.env.OFFSTAGE_LONG === '1' ? 10_000 : 1000;
  const files: Record<string, string> = {};
  for (let n = 0; n < count; n += 1) files[`${n % 50}/${n}.md`] = `# Note ${n}\n\nword${n}`;
  const data = scratch();
  expect(await runIngest(writeFiles(scratch(), files), data)).toMatchObject({ documents: count });
  expect((await search(data, `word${count - 1}`)).hits).toHaveLength(1);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

test.runIf(canMount)(
  'S18 D6 a full disk fails the job by name, and the earlier version stays',
  async () => {
    const data = scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data]);
    onTestFinished(() => void execFileSync('umount', [data]));
    const { version } = await runIngest(corpus, data);
    const text = Array.from({ length: 60_000 }, (_, n) => `word${n}`).join(' ');
    const folder = writeFiles(scratch(), { 'a.md': text, 'b.md': text, 'c.md': text });
    expect(await settleIngest(folder, data)).toMatchObject({
      status: 'failed',
      failure: { code: 'storage_full' },
    });
    expect((await search(data, 'seventeen pencils')).version).toBe(version);
    expect(versionsIn(data)).toEqual([version]);
  },
);
