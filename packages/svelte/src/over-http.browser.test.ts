import type { OffstageError } from '@offstage/core';
import { sharedPoller } from '@offstage/core/observe';
import { simulatedClock } from '@offstage/core/testing';
import { HttpJobClient } from '@offstage/http/client';
import { afterEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import { openTestBed } from '../../../scripts/browser/bed-client.ts';
import Many from '../fixtures/many.svelte';
import Progress from '../fixtures/progress.svelte';
import { frames, type Seen, setVisibility } from '../fixtures/stage.ts';

afterEach(async () => {
  await cleanup();
  setVisibility('visible');
  Reflect.deleteProperty(document, 'visibilityState');
});

const message = () => page.getByRole('status');
const status = () => page.getByTestId('status');

/** A server, a client of it that polls, and the client's time, which stands still. */
async function polling() {
  const bed = await openTestBed();
  const clock = simulatedClock();
  const { baseUrl } = bed;
  const client = new HttpJobClient({ baseUrl, streaming: false, clock, random: () => 1 });
  /** Resolves when so many polls were answered, and only time can bring the next one. */
  const idle = async (polls: number): Promise<void> => {
    await expect.poll(bed.polls).toBe(polls);
    await expect.poll(async () => (await bed.state()).open).toBe(0);
    await frames(2);
  };
  return { bed, clock, client, idle };
}

const streaming = async () => {
  const bed = await openTestBed();
  return { bed, client: new HttpJobClient({ baseUrl: bed.baseUrl }) };
};

describe('polling a real server', () => {
  test('U3 the next poll is timed after the last one ended, and the end stops it', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    await render(Progress, { client, jobId });
    await idle(1);
    await bed.act({ do: 'report', id: jobId, percent: 30, message: 'File 3' });
    await bed.act({ do: 'hold' });
    await clock.advance(1000);
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    // However slow the answer, there is no second poll beside it.
    await clock.advance(5000);
    await bed.act({ do: 'release' });
    await expect.element(message()).toHaveTextContent('File 3');
    await idle(2);
    await bed.act({ do: 'end', id: jobId, version: 'v1' });
    await clock.advance(1000);
    await expect.element(status()).toHaveTextContent('succeeded');
    await idle(3);
    await clock.advance(100_000);
    await frames(2);
    expect(await bed.state()).toMatchObject({ open: 0, mostPolls: 1 });
    expect(await bed.polls()).toBe(3);
  });

  test('U4 a hundred stores on one job cost one request an interval', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    await render(Many, { client, ids: Array.from({ length: 100 }, () => jobId) });
    await idle(1);
    for (const polls of [2, 3, 4]) {
      await bed.act({ do: 'report', id: jobId, percent: polls, message: `File ${polls}` });
      await clock.advance(1000);
      await expect.poll(() => message().all().length).toBe(100);
      await expect.element(message().nth(99)).toHaveTextContent(`File ${polls}`);
      await idle(polls);
    }
    const { requests } = await bed.state();
    expect(requests.map(({ jobs }) => jobs)).toEqual([1, 1, 1, 1]);
  });

  test('U4 a thousand jobs are one batched request an interval', async () => {
    const { bed, clock, client, idle } = await polling();
    const ids = await bed.start(1000);
    const screen = await render(Many, { client, ids });
    await idle(1);
    await clock.advance(1000);
    await idle(2);
    expect((await bed.state()).requests.map(({ jobs }) => jobs)).toEqual([1000, 1000]);
    await screen.unmount();
    await clock.advance(5000);
    expect(sharedPoller(client).size).toBe(0);
    expect(clock.pending).toBe(0);
    expect(await bed.polls()).toBe(2);
  });

  test('U3 pauses in a hidden tab, and looks at once when it shows again', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    const seen: Seen[] = [];
    await render(Progress, { client, jobId, seen });
    await idle(1);
    setVisibility('hidden');
    await clock.advance(600_000);
    await expect.poll(() => seen.at(-1)?.snapshot.isPaused).toBe(true);
    expect(await bed.polls()).toBe(1);
    await bed.act({ do: 'report', id: jobId, percent: 80, message: 'File 8' });
    setVisibility('visible');
    await expect.element(message()).toHaveTextContent('File 8');
    expect(seen.at(-1)?.snapshot.isPaused).toBe(false);
    expect(await bed.polls()).toBe(2);
  });

  test('U3 keeps the last good state while the server fails, backs off, and goes on', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    const errors: OffstageError[] = [];
    const options = { onError: (error: OffstageError) => errors.push(error) };
    await render(Progress, { client, jobId, options });
    await bed.act({ do: 'report', id: jobId, percent: 10, message: 'File 1' });
    await idle(1);
    await clock.advance(1000);
    await idle(2);
    await expect.element(message()).toHaveTextContent('File 1');
    await bed.act({ do: 'answer', status: 503, headers: {}, body: '' });
    await clock.advance(1000);
    await idle(3);
    // What an error means is loaded with the first of them.
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(['unavailable']);
    await expect.element(message()).toHaveTextContent('File 1');
    await clock.advance(1000);
    await frames(2);
    expect(await bed.polls()).toBe(3);
    await bed.act({ do: 'answer' });
    await bed.act({ do: 'report', id: jobId, percent: 20, message: 'File 2' });
    await clock.advance(1000);
    await expect.element(message()).toHaveTextContent('File 2');
  });

  test('U3 a refused connection shows beside the last good state, and a server that is back has lost the job', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    const errors: OffstageError[] = [];
    const options = { onError: (error: OffstageError) => errors.push(error) };
    await render(Progress, { client, jobId, options });
    await idle(1);
    await expect.element(status()).toHaveTextContent('running');
    await bed.act({ do: 'kill' });
    await clock.advance(1000);
    await expect.poll(() => errors.length).toBe(1);
    await expect.element(status()).toHaveTextContent('running');
    await bed.act({ do: 'boot' });
    await clock.advance(2000);
    await expect.element(status()).toHaveTextContent('none');
    expect(errors.map(({ code }) => code)).toEqual(['unavailable', 'not_found']);
    const polls = await bed.polls();
    await clock.advance(100_000);
    await frames(2);
    expect(await bed.polls()).toBe(polls);
  });

  test('U3 honours Retry-After', async () => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    await render(Progress, { client, jobId });
    await idle(1);
    await bed.act({ do: 'answer', status: 429, headers: { 'retry-after': '120' } });
    await clock.advance(1000);
    await idle(2);
    await bed.act({ do: 'answer' });
    await clock.advance(119_000);
    await frames(2);
    expect(await bed.polls()).toBe(2);
    await clock.advance(1000);
    await idle(3);
  });

  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
  ])('U3 stops at %i', async (code, name) => {
    const { bed, clock, client, idle } = await polling();
    const [jobId = ''] = await bed.start();
    const errors: OffstageError[] = [];
    const options = { onError: (error: OffstageError) => errors.push(error) };
    await bed.act({ do: 'answer', status: code });
    await render(Progress, { client, jobId, options });
    await idle(1);
    await clock.advance(600_000);
    await frames(2);
    expect(await bed.polls()).toBe(1);
    await expect.poll(() => errors.map((error) => error.code)).toEqual([name]);
    await expect.element(page.getByText('Looking for the job')).not.toBeInTheDocument();
  });

  test('U3 U5 an id switched while its request is held, and a store destroyed during one', async () => {
    const { bed, client, clock } = await polling();
    const [first, second] = await bed.start(2);
    await bed.act({ do: 'hold' });
    const seen: Seen[] = [];
    const screen = await render(Progress, { client, jobId: first, seen });
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    await screen.rerender({ jobId: second });
    await bed.act({ do: 'release' });
    await expect.element(status()).toHaveTextContent('running');
    for (const { jobId, snapshot } of seen) expect([undefined, jobId]).toContain(snapshot.job?.id);
    await bed.act({ do: 'hold' });
    await clock.advance(1000);
    await expect.poll(async () => (await bed.state()).held).toBe(1);
    const renders = seen.length;
    await screen.unmount();
    await bed.act({ do: 'release' });
    await expect.poll(async () => (await bed.state()).open).toBe(0);
    await frames(3);
    expect(seen.length).toBe(renders);
    expect(clock.pending).toBe(0);
    const { requests } = await bed.state();
    expect(requests.every(({ path }) => path.endsWith('/poll'))).toBe(true);
  });
});

describe('streaming from a real server', () => {
  test('U4 a hundred stores share one stream, which closes with the last of them', async () => {
    const { bed, client } = await streaming();
    const [jobId = ''] = await bed.start();
    const screen = await render(Many, { client, ids: Array.from({ length: 100 }, () => jobId) });
    await expect.element(status().nth(99)).toHaveTextContent('running');
    await expect.poll(async () => (await bed.state()).streams).toBe(1);
    await bed.act({ do: 'end', id: jobId, version: 'v1' });
    await expect.element(status().nth(0)).toHaveTextContent('succeeded');
    await screen.unmount();
    await expect.poll(async () => (await bed.state()).streams).toBe(0);
  });

  test('U3 a connection that is cut comes back by itself', async () => {
    const { bed, client } = await streaming();
    const [jobId = ''] = await bed.start();
    await render(Progress, { client, jobId });
    await expect.poll(async () => (await bed.state()).streams).toBe(1);
    await bed.act({ do: 'cut' });
    await bed.act({ do: 'end', id: jobId, version: 'v1' });
    await expect.element(status()).toHaveTextContent('succeeded');
  });
});
