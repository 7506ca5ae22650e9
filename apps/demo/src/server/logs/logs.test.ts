import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { filesBelow, startServer, type Visitor, visit } from '../../testing/documents-server.ts';
import { scratch } from '../../testing/scratch.ts';
import type { LogEvent } from '../../web/api.ts';
import { EventLog } from './event-log.ts';

const readLogs = (data: string): string =>
  filesBelow(path.join(data, 'log'))
    .map((file) => readFileSync(path.join(data, 'log', file), 'utf8'))
    .join('\n');

const eventsIn = (data: string): LogEvent[] =>
  readFileSync(path.join(data, 'log', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Reads the live log until an event fits. */
async function watchLog(
  me: Visitor,
  fits: (event: LogEvent) => boolean,
  lastId?: string,
  ids: string[] = [],
): Promise<LogEvent[]> {
  const stop = new AbortController();
  const response = await me.fetch('/api/log', {
    signal: stop.signal,
    headers: lastId === undefined ? {} : { 'last-event-id': lastId },
  });
  const events: LogEvent[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const message of whole) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      const isReset = /^event: reset$/m.test(message);
      const id = /^id: (.*)$/m.exec(message)?.[1];
      if (id !== undefined) ids.push(isReset ? `reset ${id}` : id);
      if (data !== undefined && !isReset) events.push(JSON.parse(data));
    }
    if (events.some(fits)) break;
  }
  stop.abort();
  return events;
}

test('D10 a job is logged from its start to its end, with phases, durations and codes', async () => {
  const { url, data } = await startServer({ stub: true });
  const me = visit(url);
  await me.publish({ 'a.md': 'text' });
  await me.publish({ 'fail-1.txt': 'text' });
  const job = await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
  await vi.waitFor(async () => expect((await me.jobs.get(job))?.progress).not.toBe(null));
  await me.jobs.cancel(job);
  await me.jobs.wait(job);
  const events = eventsIn(data);
  const ends = events.filter(({ event }) => event !== 'progress' && event !== 'started');
  expect(ends.map(({ event, code }) => [event, code])).toEqual([
    ['completed', null],
    ['failed', 'nothing_readable'],
    ['canceled', null],
  ]);
  for (const { durationMs, at, jobId } of ends) {
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(at).toBeGreaterThan(1_700_000_000_000);
    expect(jobId).toMatch(/^[\w-]{22}$/);
  }
  expect(events.filter(({ event }) => event === 'started')).toHaveLength(3);
  const phases = events.filter(({ jobId }) => jobId === events[0]?.jobId).map(({ phase }) => phase);
  expect(new Set(phases)).toEqual(new Set([null, 'save', 'parse', 'index', 'snapshot', 'done']));
  for (const event of events) {
    expect(Object.keys(event).sort()).toEqual([
      'at',
      'code',
      'durationMs',
      'event',
      'jobId',
      'percent',
      'phase',
      'seq',
    ]);
  }
});

test('D10 D12 a page follows its own jobs live, goes on where it was, and sees no others', async () => {
  const { url } = await startServer();
  const [me, other] = [visit(url), visit(url)];
  await me.api.corpus();
  const ids: string[] = [];
  const live = watchLog(me, ({ event }) => event === 'completed', undefined, ids);
  const { id } = await me.publish({ 'a.md': 'text' });
  const seen = await live;
  expect(seen[0]).toMatchObject({ event: 'started', jobId: id });
  expect(seen.at(-1)).toMatchObject({ event: 'completed', jobId: id });
  const middle = seen[2]?.seq ?? 0;
  const epoch = ids[0]?.split('.')[0] ?? '';
  expect(ids).toEqual(seen.map(({ seq }) => `${epoch}.${seq}`));
  const rest = await watchLog(me, ({ event }) => event === 'completed', `${epoch}.${middle}`);
  expect(rest.map(({ seq }) => seq)).toEqual(
    seen.map(({ seq }) => seq).filter((seq) => seq > middle),
  );
  const theirs = await other.publish({ 'b.md': 'text' });
  const others = await watchLog(other, ({ event }) => event === 'completed');
  expect(new Set(others.map(({ jobId }) => jobId))).toEqual(new Set([theirs.id]));
});

test('D10 H3 a page that asks with the cursor of another life of the server gets all there is, and hears why', async () => {
  const data = path.join(scratch(), 'data');
  const first = await startServer({ dataFolder: data });
  const me = visit(first.url);
  await me.publish({ 'a.md': 'text' });
  const before: string[] = [];
  await watchLog(me, ({ event }) => event === 'completed', undefined, before);
  await first.server.shutdown();

  const second = await startServer({ dataFolder: data });
  const again = visit(second.url);
  again.cookie = me.cookie;
  await again.publish({ 'b.md': 'other text' });
  const isEnd = ({ event }: LogEvent): boolean => event === 'completed';
  const all = await watchLog(again, isEnd);
  expect(all[0]).toMatchObject({ event: 'started', seq: 1 });
  // Those of the former life, of a life to come, and what is no cursor at all.
  const ids: string[] = [];
  expect(await watchLog(again, isEnd, before.at(-1), ids)).toEqual(all);
  const epoch = ids[0]?.slice('reset '.length, -'.0'.length) ?? '';
  expect(ids.slice(0, 2)).toEqual([`reset ${epoch}.0`, `${epoch}.1`]);
  expect(before[0]?.startsWith(epoch)).toBe(false);
  expect(await watchLog(again, isEnd, `${epoch}.999999`)).toEqual(all);
  for (const none of ['17', 'x', '.', '-1.-1', `${epoch}.`, `${epoch}.1e3`]) {
    expect(await watchLog(again, isEnd, none)).toEqual(all);
  }
});

test('D10 H4 a page that has no stream reads what there is, and goes on where that ended', async () => {
  const { url } = await startServer();
  const me = visit(url);
  expect(await (await me.fetch('/api/log?follow=0')).text()).toBe('retry: 2000\n\n');
  await me.publish({ 'a.md': 'text' });
  const text = await (await me.fetch('/api/log?follow=0')).text();
  expect(text).toContain('"event":"completed"');
  const [last = ''] = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id).slice(-1);
  const headers = { 'last-event-id': last };
  expect(await (await me.fetch('/api/log?follow=0', { headers })).text()).toBe('retry: 2000\n\n');
});

test('D10 D12 one session may not have all streams of the log', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.api.corpus();
  const stop = new AbortController();
  const open = async (): Promise<number> =>
    (await me.fetch('/api/log', { signal: stop.signal })).status;
  const statuses: number[] = [];
  for (let n = 0; n < 11; n += 1) statuses.push(await open());
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 503]);
  const other = visit(url);
  expect((await other.fetch('/api/log', { signal: stop.signal })).status).toBe(200);
  stop.abort();
  // Those that went make room.
  await vi.waitFor(async () => {
    const ended = new AbortController();
    expect((await me.fetch('/api/log', { signal: ended.signal })).status).toBe(200);
    ended.abort();
  });
});

test('D10 D12 J11 no log, event or answer to others holds a text, a name, a query, a path or a secret', async () => {
  const data = path.join(scratch(), 'data');
  const { url } = await startServer({ dataFolder: data, fileTimeoutMs: 2000 });
  const [me, other] = [visit(url), visit(url)];
  await me.publish({
    'planted-name.md': '# planted-title\n\nplanted-text in the document',
    'planted-broken.pdf': '%PDF-1.4 planted-bytes',
    'planted-link.md': 'other planted-text',
  });
  await me.publish({ 'planted-alone.pdf': '%PDF-1.4 planted-bytes' });
  await me.fetch('/api/search?q=planted-query');
  await me.fetch('/planted-path/planted-file');
  for (const place of ['api', 'api/search', 'jobs', 'react']) await me.fetch(`/${place}/planted`);
  await me.fetch('/api/plantedwords?q=planted');
  await me.fetch('/api/documents?version=planted-version');
  await me.fetch('/jobs/planted-job');
  await me.fetch('/api/uploads', {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=planted-boundary' },
    body: 'planted-body',
  });
  await me.fetch('/jobs/documents.change', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-planted': 'planted-header' },
    body: '{"input":{"add":["planted-upload"],"remove":[]}}',
  });
  const logs = readLogs(data);
  expect(logs).toContain('"completed"');
  expect(logs).toContain('"/api/search"');
  const session = me.cookie.split('=')[1] ?? '';
  const secret = readFileSync(path.join(data, 'session-secret'), 'utf8');
  for (const hidden of [
    'planted',
    data,
    scratch(),
    secret,
    session,
    session.split('.')[0] ?? session,
  ]) {
    expect([hidden, logs.includes(hidden)]).toEqual([hidden, false]);
  }
  // What is this session's own is told to it; never where it lies, nor what proves who it is.
  const answers = me.answers.join('\n');
  for (const hidden of [data, secret, 'node_modules', 'at async', import.meta.dirname]) {
    expect([hidden, answers.includes(hidden)]).toEqual([hidden, false]);
  }
  await other.jobs.list();
  await other.api.corpus();
  await other.api.versions();
  await other.api.interruptions();
  expect(other.answers.join('\n')).not.toContain('planted');
  expect(other.answers.join('\n')).not.toContain(session.split('.')[0]);
});

test('D10 the log is bounded on disk and in memory, and what a session reads of it', () => {
  const data = scratch();
  const log = new EventLog(data, { maxBytes: 10_000, capacity: 50 });
  for (let n = 0; n < 500; n += 1) log.resumed('me', `job-${n}`);
  log.close();
  const files = filesBelow(path.join(data, 'log'));
  expect(files).toEqual(['events.jsonl', 'events.jsonl.1', 'events.jsonl.2']);
  for (const file of files) {
    expect(readFileSync(path.join(data, 'log', file)).length).toBeLessThanOrEqual(10_000);
  }
  const { events, cursor } = log.read('me', 0);
  expect(events.length).toBeLessThanOrEqual(100);
  expect(events.at(-1)?.seq).toBe(1000);
  expect(cursor).toBe(1000);
});
