import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { change } from '../../change/change-job.ts';
import { openSnapshots } from '../../corpus/snapshots.ts';
import { encryptedPdf, scannedPdf, zipBomb } from '../../testing/documents.ts';
import { corpusFiles, filesBelow, startServer, visit } from '../../testing/documents-server.ts';
import { endlessMarkdown } from '../../testing/scratch.ts';

// The beginning of a PNG.
const picture = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489',
  'hex',
);

const staged = (data: string): string[] => filesBelow(path.join(data, 'staging'));

test('D2 D4 files of every kind are uploaded, ingested with live progress, published and found', async () => {
  const { url, data } = await startServer();
  const me = visit(url);
  expect(await me.api.corpus()).toMatchObject({ current: null, stale: null, busy: null });
  await expect(me.api.search('pencils')).rejects.toMatchObject({
    code: 'no_snapshot',
    status: 409,
  });

  const files = corpusFiles();
  const names = Object.keys(files).sort(new Intl.Collator('en', { numeric: true }).compare);
  const add = await me.upload(files);
  expect(add).toHaveLength(names.length);
  expect((await me.api.corpus()).stale).toMatchObject({ pending: names.length });
  const job = await me.start(add);
  const end = await me.jobs.wait(job);
  const { events } = await me.jobs.poll(job, { limit: 100 });
  expect(new Set(events.map(({ phase }) => phase))).toEqual(
    new Set(['save', 'parse', 'index', 'snapshot', 'done']),
  );
  expect(events.at(-1)).toMatchObject({ percent: 100 });
  // One of the corpus's files is torn on purpose.
  expect(end).toMatchObject({
    status: 'succeeded',
    result: { published: true, added: names.length - 1, newlyFailed: 1, failed: 1, gen: 1 },
  });

  const answer = await me.api.search('seventeen pencils');
  expect(answer).toMatchObject({ gen: 1, matched: 'all' });
  expect(answer.hits[0]?.snippet.some(({ match }) => match)).toBe(true);
  const { documents, total, version } = await me.api.documents({ limit: 1000 });
  expect(total).toBe(names.length);
  expect(version).toBe(answer.version);
  expect(documents.map(({ name }) => name)).toEqual(names);
  for (const { sha256, bytes, outcome, problem, passages } of documents) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(bytes).toBeGreaterThan(0);
    expect(outcome === 'indexed' ? passages > 0 && problem === null : problem !== null).toBe(true);
  }
  expect((await me.api.versions())[0]).toMatchObject({
    ...{ current: true, documents: names.length - 1, failed: 1, changes: null },
    ...{ settingsChanged: false, rolledBackTo: null },
  });
  expect((await me.api.corpus()).stale).toBe(null);
  expect(staged(data)).toEqual([]);
});

test('D4 documents are listed by pages, in the order of their names, numbers by their value', async () => {
  const { url } = await startServer();
  const me = visit(url);
  const files = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`${n}.txt`, `text ${n}`]));
  await me.publish(files);
  const names: string[] = [];
  for (let offset = 0; offset < 25; offset += 10) {
    const page = await me.api.documents({ offset, limit: 10 });
    expect(page.total).toBe(25);
    names.push(...page.documents.map(({ name }) => name));
  }
  expect(names).toEqual(Array.from({ length: 25 }, (_, n) => `${n}.txt`));
});

test('D5 what is added, changed, removed and doubled is told, and each change is a version', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.publish({ 'a.md': 'alpha one', 'b.md': 'beta one', 'c.md': 'gamma one' });
  const second = await me.publish({
    'a.md': 'alpha two',
    'copy of b.md': 'beta one',
    'd.md': 'delta',
  });
  expect(second.result).toMatchObject({ added: 1, changed: 1, duplicates: 1, documents: 4 });
  expect((await me.api.search('one')).hits.map(({ name }) => name).sort()).toEqual([
    'b.md',
    'c.md',
  ]);
  const { documents } = await me.api.documents();
  const c = documents.find(({ name }) => name === 'c.md');
  const third = await me.remove(c?.id ?? '', 'gone-already');
  expect(third.result).toMatchObject({ removed: 1, documents: 3, gen: 3 });
  expect((await me.api.search('gamma')).hits).toEqual([]);
  expect((await me.api.versions()).map(({ changes }) => changes)).toEqual([
    { added: 0, changed: 0, removed: 1 },
    { added: 1, changed: 1, removed: 0 },
    null,
  ]);

  const rolledBack = await me.api.rollback(1);
  expect(rolledBack.gen).toBe(4);
  expect((await me.api.search('gamma')).gen).toBe(4);
  expect((await me.api.versions())[0]).toMatchObject({ gen: 4, current: true, rolledBackTo: 1 });
  await expect(me.api.rollback(99)).rejects.toMatchObject({ status: 404, code: 'not_found' });
});

test('D12 the same file twice is there once; two files of one name are both there', async () => {
  const { url } = await startServer();
  const me = visit(url);
  const form = new FormData();
  for (const content of ['first text', 'first text', 'second text']) {
    form.append('files', new Blob([content]), 'notes/same.md');
  }
  const answer = await me.fetch('/api/uploads', { method: 'POST', body: form });
  const { files } = (await answer.json()) as { files: { upload: string }[] };
  const job = await me.start(files.map(({ upload }) => upload));
  expect((await me.jobs.wait(job)).result).toMatchObject({ added: 2, duplicates: 1 });
  expect((await me.api.documents()).documents.map(({ name }) => name)).toEqual([
    'notes/same (2).md',
    'notes/same.md',
  ]);
  // Nothing but duplicates: no version is made.
  expect((await me.publish({ 'notes/same.md': 'first text' })).result).toMatchObject({
    ...{ published: false, duplicates: 1, gen: 1 },
  });
  expect(await me.api.versions()).toHaveLength(1);
});

test('D6 files that cannot be read are listed with a reason, and the rest is published', async () => {
  const { url } = await startServer({ fileTimeoutMs: 1500 });
  const me = visit(url);
  const end = await me.publish({
    'good.md': 'plain words',
    'scan.pdf': await scannedPdf(),
    'locked.pdf': encryptedPdf(),
    'bomb.docx': zipBomb(300),
    'endless.md': endlessMarkdown,
    'empty.txt': '',
    'picture.png': picture,
  });
  expect(end.result).toMatchObject({ added: 1, newlyFailed: 6, documents: 1, failed: 6 });
  const { documents } = await me.api.documents();
  expect(Object.fromEntries(documents.map(({ name, problem }) => [name, problem?.code]))).toEqual({
    'good.md': undefined,
    'scan.pdf': 'no_text',
    'locked.pdf': 'encrypted',
    'bomb.docx': 'too_large',
    'endless.md': 'timeout',
    'empty.txt': 'empty',
    'picture.png': 'unsupported',
  });

  const failed = await me.publish({ 'bad.png': picture });
  expect(failed).toMatchObject({ status: 'failed', failure: { code: 'nothing_readable' } });
  expect(await me.api.versions()).toHaveLength(1);
});

test('D3 D7 a cancel publishes nothing, keeps what was uploaded, and search goes on meanwhile', async () => {
  const { url, data } = await startServer();
  const me = visit(url);
  await me.publish({ 'a.md': 'standing text' });
  const add = await me.upload({ 'b.md': 'other text', 'endless.md': endlessMarkdown });
  const job = await me.start(add);
  await vi.waitFor(async () => expect((await me.jobs.get(job))?.status).toBe('running'));
  expect((await me.api.search('standing')).gen).toBe(1);
  expect(await me.jobs.cancel(job)).toBe(true);
  expect(await me.jobs.get(job)).toMatchObject({ cancelRequested: true });
  expect((await me.jobs.wait(job)).status).toBe('canceled');
  expect((await me.api.corpus()).current).toMatchObject({ gen: 1, documents: 1 });
  expect((await me.api.corpus()).busy).toBe(null);
  expect((await me.api.corpus()).pending.map(({ upload }) => upload)).toEqual(add);
  expect(readdirSync(path.join(data, 'snapshots')).filter((name) => name.startsWith('_'))).toEqual(
    [],
  );
  // The way is free again, and what was uploaded takes it.
  const [fine = '', endless = ''] = add;
  await me.api.dropUpload(endless);
  expect((await me.jobs.wait(await me.start([fine]))).result).toMatchObject({ gen: 2, added: 1 });
  await vi.waitFor(() => expect(readdirSync(path.join(data, 'staging'))).toEqual([]));
});

test('D7 S7 a change that finds the data folder locked says so, and starts again with the same uploads', async () => {
  const { url, data } = await startServer();
  const me = visit(url);
  const add = await me.upload({ 'a.md': 'alpha text', 'b.md': 'beta text' });
  {
    await using _other = await openSnapshots(data).begin();
    const end = await me.jobs.wait(await me.start(add));
    expect(end).toMatchObject({ status: 'failed', failure: { code: 'locked' } });
  }
  expect((await me.api.corpus()).pending).toHaveLength(2);
  expect((await me.jobs.wait(await me.start(add))).result).toMatchObject({ gen: 1, added: 2 });
  expect((await me.api.corpus()).pending).toEqual([]);
});

test('D6 a change that takes longer than a whole change may is stopped, and keeps its uploads', async () => {
  const { url } = await startServer({ maxChangeMs: 1500 });
  const me = visit(url);
  const add = await me.upload({ 'endless.md': endlessMarkdown, 'b.md': 'other text' });
  const end = await me.jobs.wait(await me.start(add));
  expect(end).toMatchObject({
    status: 'failed',
    failure: {
      code: 'change_timeout',
      message:
        'The change took longer than 1.5 seconds, so it was stopped and nothing was published. Start again with fewer files.',
    },
  });
  expect((await me.api.corpus()).pending).toHaveLength(2);
});

test('D5 D12 an input that is none is refused as such', async () => {
  const { url } = await startServer();
  const me = visit(url);
  for (const input of [{ add: 5 }, { add: [5], remove: [] }, { add: ['x'] }, null, 'x', 7, []]) {
    const answer = await me.fetch('/jobs/documents.change', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input }),
    });
    expect([input, answer.status, await answer.json()]).toEqual([
      input,
      400,
      expect.objectContaining({ code: 'invalid_input' }),
    ]);
  }
});

describe('one change at a time', () => {
  test('D5 J7 a second change, of any session, hears why it must wait; so does a rollback', async () => {
    const { url } = await startServer({ stub: true });
    const [me, other] = [visit(url), visit(url)];
    await me.publish({ 'a.md': 'text' });
    const job = await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
    const [mine] = await me.upload({ 'b.md': 'mine' });
    const [theirs] = await other.upload({ 'c.md': 'theirs' });
    await expect(me.start([mine ?? ''])).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Another change of yours'),
    });
    await expect(other.start([theirs ?? ''])).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Somebody else'),
    });
    await expect(other.api.rollback(1)).rejects.toMatchObject({ status: 409, code: 'conflict' });
    expect((await me.api.corpus()).busy).toMatchObject({ mine: true, jobId: job });
    expect((await other.api.corpus()).busy).toMatchObject({ mine: false, jobId: null });
    await me.jobs.cancel(job);
    await me.jobs.wait(job);
    // What was uploaded for the refused change is there still.
    const end = await other.jobs.wait(await other.start([theirs ?? '']));
    expect(end.status).toBe('succeeded');
  });

  test('D5 a key that a page sends does not get around it', async () => {
    const { url } = await startServer({ stub: true });
    const me = visit(url);
    const job = await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
    const [add = ''] = await me.upload({ 'b.md': 'mine' });
    await expect(
      me.jobs.start(change, { add: [add], remove: [] }, { exclusivityKey: 'another' }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await me.jobs.cancel(job);
  });

  test('J3 D5 a start that is asked for again is the same change, also where it was not answered yet', async () => {
    const { url } = await startServer({ stub: true });
    const [me, other] = [visit(url), visit(url)];
    const add = await me.upload({ 'slow-1.txt': 'slow' });
    const input = { add, remove: [] };
    const start = (who = me) => who.jobs.start(change, input, { idempotencyKey: 'one' });
    const [first, meanwhile] = await Promise.all([start(), start()]);
    const later = await start();
    expect([meanwhile.id, later.id]).toEqual([first.id, first.id]);
    await expect(
      me.jobs.start(change, { add: [], remove: [] }, { idempotencyKey: 'one' }),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    // Whoever else has the same key has another one, and no such upload.
    await expect(start(other)).rejects.toMatchObject({ code: 'invalid_input' });
    await me.jobs.cancel(first.id);
    expect((await me.jobs.wait(first.id)).status).toBe('canceled');
    expect((await start()).id).toBe(first.id);
    expect((await me.api.corpus()).pending).toHaveLength(1);
  });

  test('J4 D12 another session sees, cancels and takes nothing of this one', async () => {
    const { url } = await startServer({ stub: true });
    const [me, other] = [visit(url), visit(url)];
    const job = await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
    const [mine = ''] = await me.upload({ 'b.md': 'mine' });
    expect(await other.jobs.get(job)).toBe(undefined);
    expect(await other.jobs.list()).toEqual([]);
    expect(await other.jobs.cancel(job)).toBe(false);
    await expect(other.start([mine])).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(other.api.dropUpload(mine)).rejects.toMatchObject({ status: 404 });
    expect((await other.api.corpus()).pending).toEqual([]);
    expect(await me.jobs.get(job)).toMatchObject({ status: 'running', cancelRequested: false });
    await me.api.dropUpload(mine);
    expect((await me.api.corpus()).pending).toEqual([]);
    await me.jobs.cancel(job);
  });
});

test('D5 a version can be made current again for as long as it is among the newest, as the page says', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.publish(
    Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`${n}.md`, `text ${n}`])),
  );
  const { documents } = await me.api.documents();
  const { keptVersions } = await me.api.corpus();
  for (const [removed, { id }] of documents.slice(0, keptVersions + 1).entries()) {
    expect((await me.remove(id)).result).toMatchObject({ documents: 6 - removed });
    const newest = removed + 2;
    const kept = Array.from({ length: Math.min(newest, keptVersions) }, (_, n) => newest - n);
    // An older one stays beside them while it is read.
    const gens = (await me.api.versions()).map(({ gen }) => gen);
    expect(gens.slice(0, kept.length)).toEqual(kept);
  }
  expect((await me.api.rollback(3)).gen).toBe(8);
  expect((await me.api.documents()).total).toBe(5);
});
