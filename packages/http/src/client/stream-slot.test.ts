import { settle } from '@offstage/core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { pollsOf, scriptedHttp, scriptedStream } from './scripted-fetch.test-support.ts';

const ready = 'event: ready\ndata: {}\n\n';

afterEach(() => vi.unstubAllGlobals());

/** A window of a browser: its client, and the stream that it may open. Locks are those of Node.js. */
function openWindow(baseUrl: string) {
  const kit = scriptedHttp({ baseUrl });
  const stream = scriptedStream();
  kit.script.answer = (request) =>
    request.url.endsWith('/events') ? stream.response : pollsOf(request);
  const told: unknown[] = [];
  const stop = kit.client.watch?.(
    'a',
    () => told.push('look'),
    (isPushed) => told.push(isPushed),
  );
  return { ...kit, told, stream, close: () => stop?.() };
}

const streams = (windows: readonly ReturnType<typeof openWindow>[]): number =>
  windows.flatMap(({ requests }) => requests).filter(({ url }) => url.endsWith('/events')).length;

/** Locks are given in tasks of their own. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

test('H4 six windows hold three streams, all of them poll meanwhile, and who closes lets the next one in', async () => {
  vi.stubGlobal('location', { href: 'http://first.test/page' });
  const windows = Array.from({ length: 6 }, () => openWindow('/jobs'));
  await vi.waitFor(() => expect(streams(windows)).toBe(3));
  await turns();
  expect(streams(windows)).toBe(3);
  for (const { client, told } of windows) {
    expect(told).not.toContain(true);
    expect(await client.get('a')).toMatchObject({ id: 'a' });
  }
  const [first] = windows.filter((each) => streams([each]) === 1);
  first?.close();
  await first?.clock.advance(2000);
  await vi.waitFor(() => expect(streams(windows)).toBe(4));
  const waiting = windows.filter((each) => streams([each]) === 0);
  // One that waited and left takes nobody's place.
  waiting[0]?.close();
  await waiting[0]?.clock.advance(2000);
  const [last] = windows.filter((each) => each !== first && streams([each]) === 1);
  last?.close();
  await last?.clock.advance(2000);
  await vi.waitFor(() => expect(streams(waiting.slice(1))).toBe(1));
  await waiting[1]?.stream.write(ready);
  expect(waiting[1]?.told.slice(-2)).toEqual([true, 'look']);
  for (const { close, clock } of windows) {
    close();
    await clock.advance(2000);
  }
});

test('H4 windows of another server, and programs that are no page, have streams of their own', async () => {
  const programs = Array.from({ length: 5 }, () => openWindow('http://second.test/jobs'));
  await vi.waitFor(() => expect(streams(programs)).toBe(5));
  vi.stubGlobal('location', { href: 'http://second.test/page' });
  const here = Array.from({ length: 4 }, () => openWindow('/jobs'));
  const there = Array.from({ length: 4 }, () => openWindow('http://third.test/jobs'));
  await vi.waitFor(() => expect([streams(here), streams(there)]).toEqual([3, 3]));
  for (const { close, clock } of [...programs, ...here, ...there]) {
    close();
    await clock.advance(2000);
  }
});

test.each([
  ['no locks', {}],
  ['locks that are denied', { locks: { request: () => Promise.reject(new Error('denied')) } }],
])('H4 windows with %s poll, since they cannot know of each other', async (_, navigator) => {
  vi.stubGlobal('location', { href: 'http://fourth.test/page' });
  vi.stubGlobal('navigator', navigator);
  const windows = Array.from({ length: 6 }, () => openWindow('/jobs'));
  await turns();
  for (const { client, told, close, clock } of windows) {
    expect(await client.get('a')).toMatchObject({ id: 'a' });
    await clock.advance(600_000);
    expect(told).not.toContain(true);
    close();
    await clock.advance(2000);
    expect(clock.pending).toBe(0);
  }
  expect(streams(windows)).toBe(0);
});
