import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { change } from '../../change/change-job.ts';
import { startServer, visit } from '../../testing/documents-server.ts';
import { apiPaths, originalPath } from '../../web/api.ts';

test('D4 a document is read with the words that were searched for marked, and nothing twice', async () => {
  const { url } = await startServer();
  const me = visit(url);
  const sentences = Array.from(
    { length: 90 },
    (_, n) => `Sentence ${n} has the word lantern${n}x.`,
  );
  await me.publish({ 'long.txt': `${sentences.join(' ')}\n` });
  const [hit] = (await me.api.search('lantern42x')).hits;
  const text = await me.api.documentText(hit?.documentId ?? '', 'lantern42x');
  expect(text).toMatchObject({ name: 'long.txt', hasOriginal: true });
  expect(text.passages.length).toBeGreaterThan(1);
  const parts = text.passages.flatMap((passage) => passage.parts);
  expect(parts.filter(({ match }) => match)).toEqual([{ text: 'lantern42x', match: true }]);
  const whole = parts.map((part) => part.text).join('');
  for (const sentence of sentences) expect(whole.split(sentence)).toHaveLength(2);
  await expect(me.api.documentText('none', '')).rejects.toMatchObject({ code: 'not_found' });
});

test('D12 an original runs nothing: sandboxed, told by no guess, and downloaded unless it is text or a PDF', async () => {
  const { url } = await startServer();
  const me = visit(url);
  const html = '<!doctype html><title>A</title><p>Words.</p><script>alert(1)</script>';
  const name = `say 'hi' "ü".html`;
  await me.publish({ 'page.html': html, [name.replaceAll('"', '')]: `${html} `, 'a.txt': 'Text.' });
  const { documents } = await me.api.documents();
  expect(documents).toHaveLength(3);
  for (const document of documents) {
    const answer = await me.fetch(originalPath(document.id, false));
    const header = (key: string) => answer.headers.get(key) ?? '';
    expect(answer.status).toBe(200);
    expect(header('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(header('x-content-type-options')).toBe('nosniff');
    const isText = document.name.endsWith('.txt');
    expect(header('content-disposition')).toMatch(isText ? /^inline; / : /^attachment; /);
    expect(header('content-type')).toMatch(isText ? /^text\/plain/ : /^application\/octet-stream$/);
    expect(header('content-disposition')).toContain(
      document.name.includes('hi')
        ? "filename*=UTF-8''say%20%27hi%27%20%C3%BC.html"
        : document.name,
    );
    expect((await answer.text()).trim()).toBe(isText ? 'Text.' : html);
    const saved = await me.fetch(originalPath(document.id, true));
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment; /);
    await saved.arrayBuffer();
  }
  const outside = await me.fetch(originalPath('../../CURRENT', false));
  expect(outside.status).toBe(404);
});

test('D2 uploads that would replace a document with another content are named', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.publish({ 'same.txt': 'Same.', 'other.txt': 'Before.', 'torn.pdf': '%PDF-1.7\n' });
  await me.upload({
    'same.txt': 'Same.',
    'other.txt': 'After.',
    'new.txt': 'N.',
    'torn.pdf': '%PDF-1',
  });
  expect((await me.api.replacements()).map(({ name }) => name)).toEqual(['other.txt']);
  expect(await visit(url).api.replacements()).toEqual([]);
});

test('D6 what was left out of a document is told in the list and in the document that is open', async () => {
  const { url } = await startServer();
  const me = visit(url);
  const html = '<nav><a href="x">Elsewhere</a></nav><p>Words of the page.</p>';
  expect((await me.publish({ 'a.html': html, 'b.txt': 'Text.' })).result?.partly).toBe(1);
  const page = await me.api.documents({ kind: 'partly' });
  const notes = ['Its navigation was left out.'];
  expect(page).toMatchObject({ partly: 1, total: 1, documents: [{ name: 'a.html', notes }] });
  expect(await me.api.documentText(page.documents[0]?.id ?? '', '')).toMatchObject({ notes });
});

test('D6 what failed is tried again by its reason, with what the version keeps, by whoever asks', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.publish({
    'a.txt': 'Text.',
    'torn.pdf': '%PDF-1.7\n',
    'torn-2.pdf': '%PDF-1.7\n\n',
    'e.txt': '',
  });
  const { reasons } = await me.api.documents();
  expect(reasons.map(({ count, canRetry }) => [count, canRetry])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  const retry = [...(await me.api.documentIds({ kind: 'failed', reason: reasons[0]?.reason }))];
  expect(retry).toHaveLength(2);
  const other = visit(url);
  const { id } = await other.jobs.start(change, { add: [], remove: [], retry });
  const end = await other.jobs.wait(id);
  // They are as torn as before: the one that is empty was not tried, and nothing is published.
  expect(end).toMatchObject({ status: 'failed', failure: { code: 'nothing_readable' } });
  expect(end.failure?.message).toMatch(/^None of the 2 files could be read/);
  expect((await me.api.corpus()).current).toMatchObject({ gen: 1, failed: 3 });
});

test('D4 settings are read and changed by whoever may change documents, and make the index stale', async () => {
  const { url, data } = await startServer();
  const me = visit(url);
  expect(await me.api.settings()).toMatchObject({ language: 'auto', passageLength: 1200 });
  await me.publish({ 'a.txt': 'All the cues of the evening, one after another. '.repeat(100) });
  const before = (await me.api.corpus()).current;
  const found = async () => (await me.api.search('cue')).total.documents;
  expect(await found()).toBe(1);
  expect(await me.api.saveSettings({ language: 'none' })).toMatchObject({ passageLength: 1200 });
  expect([await found(), (await me.api.corpus()).stale]).toEqual([0, null]);

  await visit(url).api.saveSettings({ passageLength: 400 });
  expect((await me.api.settings()).language).toBe('none');
  expect((await me.api.corpus()).stale).toMatchObject({
    ...{ settingsChanged: true, canIndexAgain: true },
  });
  const { id } = await me.jobs.start(change, { add: [], remove: [] });
  await me.jobs.wait(id);
  const after = await me.api.corpus();
  expect(after.stale).toBe(null);
  expect(after.current?.passages).toBeGreaterThan(2 * (before?.passages ?? 0));

  for (const [body, status] of [
    ['{"language":"klingon"}', 400],
    ['{"passageLength":1e9}', 400],
    ['{"passageLength":"600"}', 400],
    ['{"colour":"red"}', 400],
    ['no JSON', 400],
    [JSON.stringify({ language: 'x'.repeat(5000) }), 413],
  ] as const) {
    const headers = { 'content-type': 'application/json' };
    const answer = await me.fetch(apiPaths.settings, { method: 'PUT', headers, body });
    expect([body.slice(0, 30), answer.status]).toEqual([body.slice(0, 30), status]);
  }
  expect(await me.api.settings()).toMatchObject({ language: 'none', passageLength: 400 });
  // What somebody has broken by hand counts as not said.
  writeFileSync(path.join(data, 'search.json'), '{"language":"de","passageLength":-1}');
  expect(await me.api.settings()).toMatchObject({ language: 'de', passageLength: 1200 });
});
