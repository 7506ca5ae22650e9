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
import { change } from '../change/change-job.ts';
import {
  filesBelow,
  spawnServer,
  startServer,
  type Visitor,
  visit,
} from '../testing/documents-server.ts';
import { scratch } from '../testing/scratch.ts';
import { UploadStore } from './uploads/upload-store.ts';

const stub = { OFFSTAGE_STUB: '1' };

describe.runIf(process.platform !== 'win32')('D7 the end of the server', () => {
  /** Published, waiting, and a change at work; then the server ends as it is told. */
  async function interrupted(signal: 'SIGKILL' | 'SIGTERM') {
    const data = scratch();
    const first = await spawnServer(data, stub);
    const me = visit(first.url);
    await me.publish({ 'a.md': 'standing text' });
    const waiting = await me.upload({ 'waiting.md': 'never taken' });
    const taken = await me.upload({ 'slow-1.txt': 'slow', 'slow-2.txt': 'slower' });
    const start = (who: Visitor) =>
      who.jobs.start(change, { add: taken, remove: [] }, { idempotencyKey: 'mine' });
    const { id: job } = await start(me);
    await vi.waitFor(async () => expect((await me.jobs.get(job))?.progress?.phase).toBe('parse'));
    // Half an upload, whose name nobody knows.
    const [session = ''] = readdirSync(path.join(data, 'staging'));
    writeFileSync(path.join(data, 'staging', session, 'f'.repeat(32)), 'half');
    first.running.process.kill(signal);
    const { code, stderr } = await first.running.ended;
    /** The next server, and the same session there. */
    const again = async (env = {}) => {
      const next = await spawnServer(data, env);
      const visitor = visit(next.url);
      visitor.cookie = me.cookie;
      return { ...next, me: visitor };
    };
    return { data, waiting, taken, job, start, again, end: { code, stderr } };
  }

  test('D7 K3 S19 killed in the middle of a change, the next server goes on with it and publishes once', async () => {
    const { data, waiting, job, start, again } = await interrupted('SIGKILL');
    const { me, url, running } = await again(stub);
    expect(await me.api.search('standing')).toMatchObject({ gen: 1, hits: [{ name: 'a.md' }] });
    expect(filesBelow(path.join(data, 'staging'))).toHaveLength(3);
    const { pending, busy } = await me.api.corpus();
    expect(pending.map(({ upload }) => upload)).toEqual(waiting);
    expect(busy).toMatchObject({ mine: true, jobId: job, resumedAt: expect.any(Number) });
    const told = { jobId: job, at: expect.any(Number), what: 'adding 2 documents' };
    expect(await me.api.interruptions()).toEqual([{ ...told, isAtWork: true }]);
    await vi.waitFor(async () =>
      expect(await me.jobs.get(job)).toMatchObject({ status: 'running', attempt: 2 }),
    );
    // Asked for again, it is the same start still; and another session hears and takes nothing.
    expect((await start(me)).id).toBe(job);
    const other = visit(url);
    expect((await other.api.corpus()).busy).toMatchObject({ mine: false, jobId: null });
    expect(await other.api.interruptions()).toEqual([]);
    await expect(start(other)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(other.api.dismissInterruption(job)).rejects.toMatchObject({ status: 404 });
    running.process.kill('SIGKILL');
    await running.ended;

    const last = await again();
    expect((await last.me.jobs.wait(job)).result).toMatchObject({ gen: 2, added: 2 });
    expect(await last.me.api.versions()).toHaveLength(2);
    expect(await last.me.api.interruptions()).toEqual([{ ...told, isAtWork: false }]);
    await last.me.api.dismissInterruption(job);
    expect(await last.me.api.interruptions()).toEqual([]);
    expect((await last.me.api.corpus()).pending.map(({ upload }) => upload)).toEqual(waiting);
    await vi.waitFor(() => expect(filesBelow(path.join(data, 'staging'))).toHaveLength(1));
    expect(draftsIn(data)).toEqual([]);
    const logged = readFileSync(path.join(data, 'log', 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(job) && !line.includes('"progress"'))
      .map((line) => /"event":"(\w+)"/.exec(line)?.[1]);
    const anew = ['interrupted', 'resumed', 'started'];
    expect(logged).toEqual(['started', ...anew, ...anew, 'completed']);
  });

  test('D7 K4 W8 an orderly stop puts it back, and the next server goes on without an attempt spent', async () => {
    const { job, again, end } = await interrupted('SIGTERM');
    expect(end).toEqual({ code: 143, stderr: '' });
    const { me } = await again();
    const done = await me.jobs.wait(job);
    expect(done).toMatchObject({ attempt: 1, result: { gen: 2, added: 2 } });
    expect(await me.api.interruptions()).toMatchObject([{ jobId: job, isAtWork: false }]);
  });

  test('D7 A2 what its session has canceled stays canceled, and its uploads wait again', async () => {
    const data = scratch();
    const first = await spawnServer(data, stub);
    const me = visit(first.url);
    const taken = await me.upload({ 'stuck-1.txt': 'slow' });
    const job = await me.start(taken);
    await vi.waitFor(async () => expect((await me.jobs.get(job))?.status).toBe('running'));
    await me.jobs.cancel(job);
    // What is asked of a server later is written later.
    await vi.waitFor(async () => expect((await me.jobs.get(job))?.cancelRequested).toBe(true));
    await me.publish({ 'other.md': 'refused' }).catch(() => undefined);
    first.running.process.kill('SIGKILL');
    await first.running.ended;
    const second = await spawnServer(data);
    const again = visit(second.url);
    again.cookie = me.cookie;
    expect((await again.jobs.wait(job)).status).toBe('canceled');
    const { pending, busy } = await again.api.corpus();
    expect(busy).toBe(null);
    expect(pending.map(({ upload }) => upload)).toContain(taken[0]);
  });
});

const draftsIn = (data: string): string[] =>
  readdirSync(path.join(data, 'snapshots')).filter((name) => name.startsWith('_'));

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
  const waitingIn = (store: UploadStore, taken?: ReadonlySet<string>): string[] => {
    onTestFinished(() => store.close());
    store.restore(taken);
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

  test('D7 what a kept change has taken is neither waiting nor swept, and counts against its session', () => {
    const data = scratch();
    former(data, { [`${one}`]: 'one', [`${two}`]: 'two' });
    const store = new UploadStore(data, { limits: { maxWaitingFiles: 1 }, maxKeptMs: -1 });
    expect(waitingIn(store, new Set([one ?? '']))).toEqual([]);
    expect(filesBelow(path.join(data, 'staging'))).toEqual([`${session}/${one}`]);
    expect(store.ofChange(session, [one ?? '', two ?? ''])).toEqual([file(data, `${one}`, 'one')]);
    expect(store.ofChange('b'.repeat(32), [one ?? ''])).toEqual([]);
    expect(store.reserveFile(session)).toBe(false);
    store.giveBack(session, store.ofChange(session, [one ?? '']));
    expect(store.waiting(session).map(({ upload }) => upload)).toEqual([one]);
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

test('D1 a second server on the same data folder says where the first one is', async () => {
  const data = scratch();
  const { url } = await startServer({ dataFolder: data });
  const { DataFolderInUseError } = await import('./data-lock.ts');
  await expect(startServer({ dataFolder: data })).rejects.toThrow(DataFolderInUseError);
  await expect(startServer({ dataFolder: data })).rejects.toMatchObject({ address: `${url}/` });
});
