import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { filesBelow, spawnServer, startServer, visit } from '../testing/documents-server.ts';
import { scratch } from '../testing/scratch.ts';
import { JobJournal } from './job-journal.ts';

describe.runIf(process.platform !== 'win32')('kill -9', () => {
  test('D7 in the middle of a job: the published version is there, staging is swept, the job is named', async () => {
    const data = scratch();
    const first = await spawnServer(data, { OFFSTAGE_STUB: '1' });
    const me = visit(first.url);
    await me.publish({ 'a.md': 'standing text' });
    const [waiting = ''] = await me.upload({ 'waiting.md': 'never taken' });
    const job = await me.start(await me.upload({ 'slow-1.txt': 'slow', 'slow-2.txt': 'slower' }));
    await vi.waitFor(async () => expect((await me.jobs.get(job))?.progress?.phase).toBe('parse'));
    expect(filesBelow(path.join(data, 'staging'))).toHaveLength(3);
    first.running.process.kill('SIGKILL');
    await first.running.ended;

    const second = await spawnServer(data);
    const again = visit(second.url);
    again.cookie = me.cookie;
    expect(await again.api.search('standing')).toMatchObject({ gen: 1, hits: [{ name: 'a.md' }] });
    expect(filesBelow(path.join(data, 'staging'))).toEqual([]);
    expect(await again.api.interruptions()).toEqual([
      { jobId: job, at: expect.any(Number), what: 'adding 2 documents' },
    ]);
    expect(await again.jobs.get(job)).toBe(undefined);
    await expect(again.start([waiting])).rejects.toMatchObject({ code: 'invalid_input' });
    // Another session hears nothing of it.
    const other = visit(second.url);
    expect(await other.api.interruptions()).toEqual([]);
    await expect(other.api.dismissInterruption(job)).rejects.toMatchObject({ status: 404 });
    // The next change works, and once told the interruption is forgotten for good.
    expect((await again.publish({ 'b.md': 'more' })).result).toMatchObject({ gen: 2 });
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
  }, 60_000);

  test('D7 W8 SIGTERM cancels what is at work, and nothing counts as interrupted', async () => {
    const data = scratch();
    const first = await spawnServer(data, { OFFSTAGE_STUB: '1' });
    const me = visit(first.url);
    await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
    first.running.process.kill('SIGTERM');
    expect(await first.running.ended).toMatchObject({ code: 143, stderr: '' });
    expect(filesBelow(path.join(data, 'staging'))).toEqual([]);
    expect(new JobJournal(data).interrupted()).toEqual([]);
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
