import {
  appendFileSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { filesBelow, spawnServer, startServer, visit } from '../testing/documents-server.ts';
import { scratch } from '../testing/scratch.ts';
import { JobJournal } from './changes/job-journal.ts';
import { UploadStore } from './uploads/upload-store.ts';

describe.runIf(process.platform !== 'win32')('kill -9', () => {
  test('D7 in the middle of a job: what is published is there, the job is named, and its uploads start again', async () => {
    const data = scratch();
    const first = await spawnServer(data, { OFFSTAGE_STUB: '1' });
    const me = visit(first.url);
    await me.publish({ 'a.md': 'standing text' });
    const waiting = await me.upload({ 'waiting.md': 'never taken' });
    const taken = await me.upload({ 'slow-1.txt': 'slow', 'slow-2.txt': 'slower' });
    const job = await me.start(taken);
    await vi.waitFor(async () => expect((await me.jobs.get(job))?.progress?.phase).toBe('parse'));
    // Half an upload, whose name nobody knows.
    const [session = ''] = readdirSync(path.join(data, 'staging'));
    writeFileSync(path.join(data, 'staging', session, 'f'.repeat(32)), 'half');
    first.running.process.kill('SIGKILL');
    await first.running.ended;

    const second = await spawnServer(data);
    const again = visit(second.url);
    again.cookie = me.cookie;
    expect(await again.api.search('standing')).toMatchObject({ gen: 1, hits: [{ name: 'a.md' }] });
    expect(filesBelow(path.join(data, 'staging'))).toHaveLength(3);
    const { pending } = await again.api.corpus();
    expect(pending.map(({ upload, name }) => [upload, name]).sort()).toEqual(
      [
        [waiting[0], 'waiting.md'],
        [taken[0], 'slow-1.txt'],
        [taken[1], 'slow-2.txt'],
      ].sort(),
    );
    expect(await again.api.interruptions()).toEqual([
      { jobId: job, at: expect.any(Number), what: 'adding 2 documents' },
    ]);
    expect(await again.jobs.get(job)).toBe(undefined);
    // Another session hears nothing of it, and takes nothing.
    const other = visit(second.url);
    expect(await other.api.interruptions()).toEqual([]);
    expect((await other.api.corpus()).pending).toEqual([]);
    await expect(other.start(taken)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(other.api.dismissInterruption(job)).rejects.toMatchObject({ status: 404 });
    // "Go on" works, and once told the interruption is forgotten for good.
    const end = await again.jobs.wait(await again.start([...waiting, ...taken]));
    expect(end.result).toMatchObject({ gen: 2, added: 3 });
    const drafts = readdirSync(path.join(data, 'snapshots')).filter((name) => name.startsWith('_'));
    expect(drafts).toEqual([]);
    await again.api.dismissInterruption(job);
    expect(await again.api.interruptions()).toEqual([]);
    second.running.process.kill('SIGKILL');
    await second.running.ended;
    const third = await spawnServer(data);
    const later = visit(third.url);
    later.cookie = me.cookie;
    expect(await later.api.interruptions()).toEqual([]);
    expect((await later.api.corpus()).pending).toEqual([]);
    expect(readdirSync(path.join(data, 'staging'))).toEqual([]);
  }, 60_000);

  test('D7 W8 an orderly stop is told as a kill is, and its uploads start again', async () => {
    const data = scratch();
    const first = await spawnServer(data, { OFFSTAGE_STUB: '1' });
    const me = visit(first.url);
    const add = await me.upload({ 'slow-1.txt': 'slow' });
    const job = await me.start(add);
    first.running.process.kill('SIGTERM');
    expect(await first.running.ended).toMatchObject({ code: 143, stderr: '' });
    const second = await spawnServer(data);
    const again = visit(second.url);
    again.cookie = me.cookie;
    expect(await again.api.interruptions()).toEqual([
      { jobId: job, at: expect.any(Number), what: 'adding 1 document' },
    ]);
    expect((await again.jobs.wait(await again.start(add))).result).toMatchObject({ added: 1 });
  }, 60_000);
});

test('D7 what its session has canceled before an orderly stop counts as canceled', async () => {
  const data = scratch();
  const { url, server } = await startServer({ dataFolder: data, stub: true });
  const me = visit(url);
  const job = await me.start(await me.upload({ 'hang-1.txt': 'slow' }));
  await vi.waitFor(async () => expect((await me.jobs.get(job))?.status).toBe('running'));
  await me.jobs.cancel(job);
  await server.shutdown({ graceMs: 100 });
  expect(new JobJournal(data).interrupted()).toEqual([]);
});

describe('uploads over a restart', () => {
  const session = 'a'.repeat(32);
  const file = (data: string, upload: string, text: string) => ({
    ...{ upload, name: `${upload[0]}.md`, sha256: 'x', bytes: text.length },
    staged: path.join(data, 'staging', session, upload),
  });
  /** A store that ends without a word, with these files. */
  function former(data: string, texts: Readonly<Record<string, string>>): void {
    const store = new UploadStore(data);
    for (const [upload, text] of Object.entries(texts)) {
      const place = store.stage(session);
      store.reserveFile(session);
      writeSync(place.descriptor, text);
      closeSync(place.descriptor);
      renameSync(place.file, path.join(path.dirname(place.file), upload));
      store.add(session, [file(data, upload, text)]);
    }
    store.close();
  }
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(32));
  const waitingIn = (store: UploadStore): string[] => {
    onTestFinished(() => store.close());
    return store.waiting(session).map(({ upload }) => upload);
  };

  test('D7 D12 what was cut, grown, replaced by a link or never told of is swept, the rest waits', () => {
    const data = scratch();
    former(data, { [`${one}`]: 'one', [`${two}`]: 'two', [`${three}`]: 'three' });
    const folder = path.join(data, 'staging', session);
    writeFileSync(path.join(folder, `${two}`), 'longer than two');
    rmSync(path.join(folder, `${three}`));
    symlinkSync('/etc/hostname', path.join(folder, `${three}`));
    writeFileSync(path.join(folder, 'f'.repeat(32)), 'nobody knows it');
    writeFileSync(path.join(data, 'staging', 'stray'), 'nor that');
    appendFileSync(path.join(data, 'uploads.jsonl'), '{"op":"add","sess');
    expect(waitingIn(new UploadStore(data))).toEqual([one]);
    expect(filesBelow(path.join(data, 'staging'))).toEqual([`${session}/${one}`]);
  });

  test('D7 D12 they are bounded by age and by size, the newest first', () => {
    const data = scratch();
    former(data, { [`${one}`]: 'one', [`${two}`]: 'two' });
    expect(waitingIn(new UploadStore(data, { limits: { maxWaitingBytes: 5 } }))).toEqual([two]);
    expect(waitingIn(new UploadStore(data, { maxKeptMs: -1 }))).toEqual([]);
    expect(readdirSync(path.join(data, 'staging'))).toEqual([]);
    expect(readFileSync(path.join(data, 'uploads.jsonl'), 'utf8')).toBe('');
  });
});

test('D7 the journal passes over a torn line, and forgets what ended', () => {
  const data = scratch();
  const journal = new JobJournal(data);
  for (const jobId of ['one', 'two', 'three']) {
    journal.began({ jobId, owner: 'me', at: Date.now(), what: 'adding 1 document' });
  }
  journal.ended('two');
  const file = path.join(data, 'jobs.jsonl');
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"op":"end","jobId":"on`);
  const after = new JobJournal(data);
  expect(after.interrupted('me').map(({ jobId }) => jobId)).toEqual(['three', 'one']);
  expect(after.interrupted('other')).toEqual([]);
  expect(after.dismiss('other', 'one')).toBe(false);
  expect(after.dismiss('me', 'one')).toBe(true);
  expect(new JobJournal(data).interrupted('me').map(({ jobId }) => jobId)).toEqual(['three']);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
});

test('D1 a second server on the same data folder says where the first one is', async () => {
  const data = scratch();
  const { url } = await startServer({ dataFolder: data });
  const { DataFolderInUseError } = await import('./data-lock.ts');
  await expect(startServer({ dataFolder: data })).rejects.toThrow(DataFolderInUseError);
  await expect(startServer({ dataFolder: data })).rejects.toMatchObject({ address: `${url}/` });
});
