import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SearchIndexWriter } from '../../search/search-index.ts';
import { startServer, visit } from '../../testing/documents-server.ts';
import { runIngest } from '../../testing/ingest.ts';
import { scratch, writeFiles } from '../../testing/scratch.ts';
import { Corpus } from './corpus.ts';
import { SearchThread } from './search-thread.ts';

function threadOverAnIndex() {
  const file = path.join(scratch(), 'index.sqlite');
  using index = new SearchIndexWriter(file);
  index.addDocument(
    { path: 'a.txt', bytes: 1, sha256: null, modifiedAt: null },
    {
      mediaType: 'text/plain',
      title: '',
      passages: [{ heading: '', text: 'A lamp stands here.' }],
    },
  );
  index.finish();
  const thread = new SearchThread();
  onTestFinished(() => thread.shutdown());
  const ask = (query: string, signal?: AbortSignal) =>
    thread.ask({ file, query, language: 'auto', options: {} }, signal);
  return { thread, ask, file };
}

const codesOf = (settled: readonly PromiseSettledResult<unknown>[]): string[] =>
  settled.map((one) => (one.status === 'fulfilled' ? 'answered' : String(one.reason.code)));

test('D4 searches beyond a bound are refused with a code, and the others are answered', async () => {
  const { ask } = threadOverAnIndex();
  const codes = codesOf(
    await Promise.allSettled(Array.from({ length: 100 }, () => ask('a* la* st* he*'))),
  );
  expect(codes.filter((code) => code === 'answered').length).toBeGreaterThanOrEqual(32);
  expect(new Set(codes)).toEqual(new Set(['answered', 'search_busy']));
  expect((await ask('lamp')).total.documents).toBe(1);
});

test('D4 a search that nobody waits for any more takes no turn', async () => {
  const { ask } = threadOverAnIndex();
  const gone = new AbortController();
  const left = Array.from({ length: 33 }, () => ask('lamp', gone.signal));
  const refused = await Promise.allSettled([ask('lamp')]);
  expect(codesOf(refused)).toEqual(['search_busy']);
  gone.abort(new Error('the page was left'));
  for (const one of await Promise.allSettled(left)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { message: 'the page was left' } });
  }
  await expect(ask('lamp', gone.signal)).rejects.toThrow('the page was left');
  // Their places are free again, all of them.
  const later = await Promise.allSettled(Array.from({ length: 32 }, () => ask('lamp')));
  expect(new Set(codesOf(later))).toEqual(new Set(['answered']));
});

test('D4 a query without a word takes no turn, and an index that is none fails by itself', async () => {
  const { ask, thread, file } = threadOverAnIndex();
  await expect(ask('?!')).rejects.toMatchObject({ code: 'empty_query' });
  const missing = { file: `${file}.none`, query: 'lamp', language: 'auto', options: {} };
  await expect(thread.ask(missing)).rejects.toThrow('The search failed');
  expect((await ask('lamp')).total.documents).toBe(1);
});

test('S8 D4 versions that were searched are let go of when others are current', async () => {
  const data = scratch();
  const corpus = new Corpus(data);
  onTestFinished(() => corpus.close());
  for (let edition = 1; edition <= 8; edition += 1) {
    await runIngest(writeFiles(scratch(), { 'a.md': `lamp edition${edition}` }), data);
    corpus.refresh();
    const [first, second] = await Promise.all([
      corpus.search(`edition${edition}`, {}),
      corpus.search('lamp', {}),
    ]);
    expect([first.gen, first.total.documents, second.gen]).toEqual([edition, 1, edition]);
  }
  await runIngest(writeFiles(scratch(), { 'a.md': 'lamp, the last one' }), data);
  const kept = readdirSync(path.join(data, 'snapshots')).filter((name) => /^\d/.test(name));
  // Five are kept, and the one that is open here may be one more.
  expect(kept.length).toBeLessThanOrEqual(6);
});

test('D4 a server that is asked too much says when to come again, and answers other requests', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.publish({ 'a.md': 'A lamp stands here.' });
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => me.fetch('/api/search?q=a*+la*+st*+he*')),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  for (const answer of refused) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ code: 'search_busy' });
  }
  const found = await me.api.search('lamp', { limit: 1, kinds: ['markdown'], asTyped: true });
  expect(found).toMatchObject({
    total: { documents: 1, passages: 1 },
    documents: [{ name: 'a.md', kind: 'markdown', passages: 1 }],
  });
  expect((await me.api.search('lamp', { folder: 'none' })).total.documents).toBe(0);
  const bad = await me.fetch('/api/search?q=lamp&page=0');
  expect(bad.status).toBe(400);
});
