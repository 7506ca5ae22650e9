import { expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { originalPath } from '../../web/api.ts';

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
