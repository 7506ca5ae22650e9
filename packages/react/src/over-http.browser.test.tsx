import type { JobObserverOptions } from '@offstage/core/observe';
import { sharedPoller } from '@offstage/core/observe';
import { simulatedClock } from '@offstage/core/testing';
import { HttpJobClient } from '@offstage/http/client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { openTestBed } from '../../../scripts/browser/bed-client.ts';
import { useJobProgress, useJobs } from './index.ts';
import { countFrames, frames, mountHook, Stage } from './testing/mount.tsx';

/** A real server, and a polling client whose clock stands still until the test moves it. */
async function pollTestBed() {
  const bed = await openTestBed();
  const clock = simulatedClock();
  const client = new HttpJobClient({
    baseUrl: bed.baseUrl,
    streaming: false,
    clock,
    random: () => 1,
  });
  /** Resolves when that many polls have ended, so that only time brings the next one. */
  const idle = async (polls: number): Promise<void> => {
    await expect.poll(bed.polls).toBe(polls);
    await expect.poll(async () => (await bed.state()).open).toBe(0);
    await expect.poll(() => clock.pending).toBeLessThanOrEqual(1);
  };
  return { bed, client, clock, idle };
}

const mountJob = (client: HttpJobClient, id: string, options: JobObserverOptions = {}) =>
  mountHook(({ id }: { id: string }) => useJobProgress(id, options), { client, props: { id } });

/** Hides the page, or shows it again, as the browser does when another tab comes to the front. */
function setHidden(hidden: boolean): void {
  const value = hidden ? 'hidden' : 'visible';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
  document.dispatchEvent(new Event('visibilitychange'));
}

afterEach(() => void Reflect.deleteProperty(document, 'visibilityState'));

describe('polling a real server', () => {
  test('U3 the next poll is timed after the last one ended, however slow, and the end stops it', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id);
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    await idle(1);
    await bed.act({ do: 'report', id, percent: 30, message: 'File 1' });
    await bed.act({ do: 'hold' });
    await clock.advance(1000);
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    await clock.advance(5000);
    await frames(2);
    expect(hook.current()).toMatchObject({ percent: null, isActive: true });
    await bed.act({ do: 'release' });
    await expect.poll(hook.current).toMatchObject({ percent: 30, message: 'File 1' });
    await idle(2);
    await clock.advance(999);
    await frames(1);
    expect(await bed.polls()).toBe(2);
    await bed.act({ do: 'end', id, version: 'v1' });
    await clock.advance(1);
    await expect.poll(hook.current).toMatchObject({ result: { version: 'v1' }, isTerminal: true });
    await idle(3);
    await clock.advance(100_000);
    await frames(2);
    expect(await bed.state()).toMatchObject({ open: 0, mostPolls: 1 });
    expect(await bed.polls()).toBe(3);
  });

  test('U4 a hundred hooks on one job cost one request an interval', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const { container } = await render(
      <Stage client={client}>
        {hundred.map((key) => (
          <Percent key={key} id={id} />
        ))}
      </Stage>,
    );
    for (const turn of [1, 2, 3, 4, 5]) {
      await idle(turn);
      await bed.act({ do: 'report', id, percent: turn });
      await clock.advance(1000);
      await expect.poll(() => container.textContent).toBe(String(turn).repeat(100));
    }
    const polls = (await bed.state()).requests;
    expect(polls.map(({ jobs }) => jobs)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('U4 H4 a thousand jobs cost one request an interval', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const ids = await bed.start(1000);
    const { container } = await render(
      <Stage client={client}>
        {ids.map((id) => (
          <Percent key={id} id={id} />
        ))}
      </Stage>,
    );
    await expect.poll(() => container.textContent).toBe('-'.repeat(1000));
    await idle(1);
    for (const id of ids.slice(0, 10)) await bed.act({ do: 'report', id, percent: 5 });
    await clock.advance(1000);
    await expect.poll(() => container.textContent).toBe('5'.repeat(10) + '-'.repeat(990));
    await idle(2);
    expect((await bed.state()).requests.map(({ jobs }) => jobs)).toEqual([1000, 1000]);
  });

  test('U3 a hidden page asks nothing, and looks at once when it returns', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id);
    await idle(1);
    setHidden(true);
    await expect.poll(hook.current).toMatchObject({ isPaused: true, isActive: true });
    await bed.act({ do: 'report', id, percent: 80 });
    await clock.advance(3_600_000);
    await frames(2);
    expect(await bed.polls()).toBe(1);
    setHidden(false);
    await expect.poll(hook.current).toMatchObject({ isPaused: false, percent: 80 });
    expect(await bed.polls()).toBe(2);
  });

  test('U3 with pollInBackground a hidden page goes on', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id, { pollInBackground: true });
    await idle(1);
    setHidden(true);
    await bed.act({ do: 'report', id, percent: 80 });
    await clock.advance(1000);
    await expect.poll(hook.current).toMatchObject({ isPaused: false, percent: 80 });
  });

  test('U3 Retry-After is honoured, and the last good state stays', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const onError = vi.fn();
    const hook = await mountJob(client, id, { onError });
    await idle(1);
    await bed.act({ do: 'answer', status: 503, headers: { 'retry-after': '90' } });
    await clock.advance(1000);
    await idle(2);
    await expect.poll(hook.current).toMatchObject({
      isActive: true,
      failureCount: 1,
      error: { code: 'unavailable', details: { retryAfterMs: 90_000 } },
    });
    await bed.act({ do: 'answer' });
    await clock.advance(89_999);
    await frames(2);
    expect(await bed.polls()).toBe(2);
    await clock.advance(1);
    await expect.poll(hook.current).toMatchObject({ failureCount: 0, error: undefined });
    await idle(3);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
  ])('U3 %i stops asking, until someone asks by hand', async (status, code) => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id);
    await idle(1);
    await bed.act({ do: 'answer', status });
    await clock.advance(1000);
    await expect.poll(hook.current).toMatchObject({ isActive: true, error: { code } });
    await clock.advance(3_600_000);
    await frames(2);
    expect(await bed.polls()).toBe(2);
    // The user has signed in again.
    await bed.act({ do: 'answer' });
    await hook.current().refetch();
    await expect.poll(hook.current).toMatchObject({ isActive: true, error: undefined });
    await idle(3);
    await clock.advance(1000);
    await idle(4);
  });

  test('U3 an HTML page with status 200, from a proxy that signs people in, is an error and no state', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id);
    await idle(1);
    const headers = { 'content-type': 'text/html' };
    await bed.act({ do: 'answer', status: 200, headers, body: '<h1>Sign in</h1>' });
    await clock.advance(1000);
    await expect.poll(hook.current).toMatchObject({
      isActive: true,
      error: { code: 'invalid_response' },
    });
  });

  test('U3 offline: the last good state stays, tries come less often, and online it goes on', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    await bed.act({ do: 'report', id, percent: 20 });
    const hook = await mountJob(client, id);
    await expect.poll(hook.current).toMatchObject({ percent: 20 });
    await idle(1);
    await commands.setOffline(bed.baseUrl, true);
    // A random number of 1 makes each wait twice the last one: 2, 4, 8 seconds.
    for (const [failures, waitMs] of [1000, 2000, 4000].entries()) {
      await clock.advance(waitMs - 1);
      expect(hook.current().failureCount).toBe(failures);
      await clock.advance(1);
      await expect.poll(hook.current).toMatchObject({ failureCount: failures + 1 });
      await expect.poll(() => clock.pending).toBe(1);
    }
    expect(hook.current()).toMatchObject({ percent: 20, isActive: true, isPending: false });
    expect(hook.current().error?.code).toBe('unavailable');
    await commands.setOffline(bed.baseUrl, false);
    await bed.act({ do: 'end', id, version: 'v1' });
    // The browser says so, and nobody waits for the eight seconds to pass.
    window.dispatchEvent(new Event('online'));
    await expect.poll(hook.current).toMatchObject({ isTerminal: true, error: undefined });
  });

  test('U3 U5 a server restarted in the middle of a job: unreachable, then unknown, never canceled', async () => {
    const { bed, client, clock, idle } = await pollTestBed();
    const [id = ''] = await bed.start();
    await bed.act({ do: 'report', id, percent: 50 });
    const onSettled = vi.fn();
    const onError = vi.fn();
    const hook = await mountJob(client, id, { onSettled, onError });
    await expect.poll(hook.current).toMatchObject({ percent: 50 });
    await idle(1);
    await bed.act({ do: 'kill' });
    await clock.advance(1000);
    await expect.poll(hook.current).toMatchObject({
      percent: 50,
      isActive: true,
      error: { code: 'unavailable' },
    });
    await bed.act({ do: 'boot' });
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(2000);
    await expect.poll(hook.current).toMatchObject({
      job: undefined,
      isActive: false,
      isPending: false,
      error: { code: 'not_found' },
    });
    await clock.advance(3_600_000);
    await frames(2);
    expect(await bed.polls()).toBe(2);
    expect(onSettled).not.toHaveBeenCalled();
    expect(onError).toHaveBeenCalledTimes(2);
  });

  test('U5 unmounted during a request: it ends alone, and nothing is asked or canceled', async () => {
    const { bed, client, clock } = await pollTestBed();
    const [id = ''] = await bed.start();
    await bed.act({ do: 'hold' });
    const hook = await mountJob(client, id);
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    await hook.unmount();
    expect(sharedPoller(client).size).toBe(0);
    await bed.act({ do: 'release' });
    await expect.poll(async () => (await bed.state()).open).toBe(0);
    await expect.poll(() => clock.pending).toBe(0);
    await clock.advance(60_000);
    await frames(2);
    expect((await bed.state()).requests.map(({ path }) => path)).toEqual(['/jobs/poll']);
  });

  test('U5 the id changes on a slow network: the former job never shows', async () => {
    const { bed, client } = await pollTestBed();
    const [first = '', second = ''] = await bed.start(2);
    await bed.act({ do: 'report', id: first, percent: 11 });
    await bed.act({ do: 'report', id: second, percent: 22 });
    await bed.act({ do: 'hold' });
    const hook = await mountJob(client, first);
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    await hook.rerender({ id: second });
    await bed.act({ do: 'release' });
    await expect.poll(hook.current).toMatchObject({ percent: 22 });
    expect(hook.renders.map(({ value }) => value.percent)).not.toContain(11);
  });
});

describe('streams of a real server', () => {
  test('U1 H4 many jobs and lists come over one stream, and no poll is idle', async () => {
    const bed = await openTestBed();
    const client = new HttpJobClient({ baseUrl: bed.baseUrl });
    const ids = await bed.start(20);
    const { container } = await render(
      <Stage client={client}>
        {ids.map((id) => (
          <Percent key={id} id={id} />
        ))}
        <Running />
      </Stage>,
    );
    await expect.poll(() => container.textContent).toBe(`${'-'.repeat(20)}20`);
    await expect.poll(async () => (await bed.state()).streams).toBe(1);
    for (const id of ids) await bed.act({ do: 'report', id, percent: 4 });
    await expect.poll(() => container.textContent).toBe(`${'4'.repeat(20)}20`);
    await bed.act({ do: 'end', id: ids[0] ?? '', version: 'v1' });
    await expect.poll(() => container.textContent).toBe(`${'4'.repeat(20)}19`);
    expect((await bed.state()).streams).toBe(1);
  });

  test('U3 U5 a connection that breaks again and again loses nothing, and the end is told once', async () => {
    const bed = await openTestBed();
    const client = new HttpJobClient({ baseUrl: bed.baseUrl, random: () => 0 });
    const [id = ''] = await bed.start();
    const onSettled = vi.fn();
    const hook = await mountJob(client, id, { onSettled, pollInterval: 20 });
    for (const percent of [10, 20, 30]) {
      await expect.poll(async () => (await bed.state()).streams).toBe(1);
      await bed.act({ do: 'report', id, percent });
      await bed.act({ do: 'cut' });
      await expect.poll(hook.current).toMatchObject({ percent, isActive: true });
    }
    await bed.act({ do: 'end', id, version: 'v1' });
    await expect.poll(hook.current).toMatchObject({ isTerminal: true, result: { version: 'v1' } });
    expect(hook.current().events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await frames(2);
    expect(onSettled).toHaveBeenCalledTimes(1);
  });

  test('U6 a flood through a stream is at most one render a frame, and the last event shows', async () => {
    const bed = await openTestBed();
    const client = new HttpJobClient({ baseUrl: bed.baseUrl });
    const [id = ''] = await bed.start();
    const counter = countFrames();
    const framesOfRenders: number[] = [];
    const hook = await mountHook(
      ({ id }: { id: string }) => {
        framesOfRenders.push(counter.current());
        return useJobProgress(id);
      },
      { client, props: { id } },
    );
    await expect.poll(async () => (await bed.state()).streams).toBe(1);
    for (let burst = 1; burst <= 10; burst++) {
      await bed.act({ do: 'report', id, percent: burst, times: 1000 });
    }
    await expect.poll(hook.current).toMatchObject({ percent: 10, message: '999' });
    expect(hook.current().job?.progress?.seq).toBe(10_000);
    const { events, missed } = hook.current();
    expect(missed + events.length).toBeLessThanOrEqual(10_000);
    expect(events.at(-1)?.seq).toBe(10_000);
    await frames(2);
    counter.stop();
    expect(new Set(framesOfRenders).size).toBe(framesOfRenders.length);
  });

  test('U5 when everything has left, the stream closes', async () => {
    const bed = await openTestBed();
    const client = new HttpJobClient({ baseUrl: bed.baseUrl });
    const [id = ''] = await bed.start();
    const hook = await mountJob(client, id);
    await expect.poll(async () => (await bed.state()).streams).toBe(1);
    await hook.unmount();
    await expect.poll(async () => (await bed.state()).open).toBe(0);
    expect(await client.get(id)).toMatchObject({ status: 'running', cancelRequested: false });
  });
});

const hundred = Array.from({ length: 100 }, (_, index) => `hook ${index}`);

function Percent({ id }: { readonly id: string }) {
  return useJobProgress(id).percent ?? '-';
}

function Running() {
  return useJobs({ status: 'running' }).jobs.length;
}
