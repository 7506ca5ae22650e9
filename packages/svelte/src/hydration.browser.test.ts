import type { JobObserverOptions } from '@offstage/core/observe';
import { type Component, flushSync, hydrate, unmount } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import legacyPending from '../fixtures/legacy.pending.txt?raw';
import Legacy from '../fixtures/legacy.svelte';
import pending from '../fixtures/progress.pending.txt?raw';
import running from '../fixtures/progress.running.txt?raw';
import Progress from '../fixtures/progress.svelte';
import { frames, stage, until } from '../fixtures/stage.ts';
import { jobProgress } from './index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Hydrates what `server.test.ts` has rendered, and keeps whatever Svelte complains of. */
function hydratePage<Props extends Record<string, unknown>>(
  html: string,
  component: Component<Props>,
  props: Props,
) {
  const problems: unknown[] = [];
  const note = (...args: unknown[]): void => void problems.push(args);
  const spies = [
    vi.spyOn(console, 'warn').mockImplementation(note),
    vi.spyOn(console, 'error').mockImplementation(note),
  ];
  const target = document.body.appendChild(document.createElement('div'));
  target.innerHTML = html;
  const before = [...target.querySelectorAll('*')];
  const shown = hydrate(component, { target, props });
  flushSync();
  cleanups.push(async () => {
    for (const spy of spies) spy.mockRestore();
    await unmount(shown);
    target.remove();
  });
  /** The server's elements are still those of the page. */
  const isKept = (): boolean => before.every((element) => target.contains(element));
  return { target, problems, isKept, words: () => target.textContent.replace(/\s+/g, ' ').trim() };
}

describe('hydration', () => {
  test('U6 of the pending state: no mismatch, then the job as it is', async () => {
    const { client, play } = stage();
    const job = await play();
    job.report({ phase: 'index', percent: 60, message: 'File 6' });
    const page = hydratePage(pending, Progress, { client, jobId: job.id });
    expect(page.words()).toBe('none Looking for the job');
    expect(page.isKept()).toBe(true);
    await until(() => page.words() === 'running File 6 Cancel');
    expect(page.target.querySelector('progress')?.value).toBe(60);
    expect(page.problems).toEqual([]);
  });

  test('U6 while another component has the job already', async () => {
    const { client, play } = stage();
    const job = await play();
    const other = jobProgress(client, job.id);
    let known = false;
    cleanups.push(other.subscribe((snapshot) => (known = snapshot.isActive)));
    await until(() => known);
    const page = hydratePage(pending, Progress, { client, jobId: job.id });
    expect(page.words()).toBe('none Looking for the job');
    expect(page.isKept()).toBe(true);
    await until(() => page.words() === 'running Cancel');
    expect(page.problems).toEqual([]);
  });

  test('U6 of initialData that is old by now: the same elements live on', async () => {
    const { client, pushed, play } = stage();
    const job = await play();
    job.report({ phase: 'index', percent: 40, message: 'File 4' });
    const initialData = await pushed.get(job.id);
    const options: JobObserverOptions = { initialData };
    job.report({ phase: 'index', percent: 90, message: 'File 9' });
    const page = hydratePage(running, Progress, { client, jobId: job.id, options });
    expect(page.words()).toBe('running File 4 Cancel');
    await until(() => page.words() === 'running File 9 Cancel');
    expect(page.isKept()).toBe(true);
    expect(page.problems).toEqual([]);
  });

  test('U5 U6 of a job that is over: settled once, and nothing is asked', async () => {
    const { client, pushed, play } = stage();
    const job = await play();
    job.end({ version: 'v1' });
    const initialData = await pushed.wait(job.id);
    const onSettled = vi.fn();
    const html = running.replace('>running<', '>succeeded<');
    const options: JobObserverOptions = { initialData, onSettled };
    hydratePage(html, Progress, { client, jobId: job.id, options });
    await until(() => onSettled.mock.calls.length === 1);
    await frames(3);
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(client.polls).toEqual([]);
  });

  test('U6 in Svelte 4 syntax', async () => {
    const { client, play } = stage();
    const job = await play();
    job.report({ phase: 'index', percent: 60, message: 'File 6' });
    const page = hydratePage(legacyPending, Legacy, { client, jobId: job.id });
    expect(page.words()).toBe('none 0 %');
    expect(page.isKept()).toBe(true);
    await until(() => page.words() === 'running 60 % File 6 Cancel');
    expect(page.problems).toEqual([]);
  });

  test('U6 a mismatch would have been seen', () => {
    const { client } = stage();
    const page = hydratePage(running, Progress, { client, jobId: 'none' });
    expect(page.words()).toBe('none Looking for the job');
    expect(page.isKept()).toBe(false);
  });
});
