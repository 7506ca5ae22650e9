import type { JobClient, JobView } from '@offstage/core';
import { type ReactNode, StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CountingClient, stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { JobsProvider, useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';
import { frames } from './testing/mount.tsx';

interface PageProps {
  readonly id: string;
  readonly initialData?: JobView | undefined;
  readonly onSettled?: (() => void) | undefined;
}

function Page({ id, initialData, onSettled }: PageProps) {
  const { percent, message, isPending, isActive } = useJobProgress(id, { initialData, onSettled });
  const { jobs } = useJobs();
  const { activity } = useActivity();
  const { status } = useStartJob(ingest);
  const words = [isPending && 'pending', isActive && 'active', status, jobs.length];
  return (
    <>
      <progress max={100} value={percent ?? undefined} />
      <p>{words.filter((word) => word !== false).join(' ')}</p>
      <p>{message}</p>
      <p>{activity?.running}</p>
    </>
  );
}

function provided(client: JobClient, page: ReactNode): ReactNode {
  return (
    <StrictMode>
      <JobsProvider client={client}>{page}</JobsProvider>
    </StrictMode>
  );
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Hydrates what a server rendered, and keeps whatever React complains of. */
function hydrate(html: string, client: CountingClient, page: ReactNode) {
  const problems: unknown[] = [];
  const log = vi.spyOn(console, 'error').mockImplementation((...args) => problems.push(args));
  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = html;
  const root = hydrateRoot(container, provided(client, page), {
    onRecoverableError: (error) => problems.push(error),
  });
  cleanups.push(() => {
    root.unmount();
    container.remove();
    log.mockRestore();
  });
  return { container, problems };
}

describe('hydration', () => {
  test('U6 of the pending state: no mismatch, then the job as it is', async () => {
    const server = stage();
    const job = await server.play();
    const html = renderToString(provided(server.client, <Page id={job.id} />));
    expect(html).toContain('pending idle 0');
    job.report({ phase: 'index', percent: 60, message: 'File 3' });
    const { container, problems } = hydrate(html, server.client, <Page id={job.id} />);
    await expect.poll(() => container.textContent).toBe('active idle 1File 31');
    expect(container.querySelector('progress')?.value).toBe(60);
    expect(problems).toEqual([]);
  });

  test('U6 of initialData that is old by now: no mismatch, and the same elements live on', async () => {
    const { client, play } = stage();
    const job = await play();
    job.report({ phase: 'index', percent: 10, message: 'File 1' });
    const initialData = await client.get(job.id);
    const page = <Page id={job.id} initialData={initialData} />;
    const html = renderToString(provided(client, page));
    expect(html).toContain('File 1');
    job.report({ phase: 'index', percent: 90, message: 'File 9' });
    const before = document.createElement('div');
    before.innerHTML = html;
    const { container, problems } = hydrate(html, client, page);
    const progress = container.querySelector('progress');
    await expect.poll(() => progress?.value).toBe(90);
    expect(container.querySelector('progress')).toBe(progress);
    expect(container.textContent).toContain('File 9');
    expect(problems).toEqual([]);
  });

  test('U5 U6 of a job that is over: settled once, and nothing is asked', async () => {
    const { client, play } = stage();
    const job = await play();
    job.end({ version: 'v1' });
    const initialData = await client.wait(job.id);
    const onSettled = vi.fn();
    const page = <Page id={job.id} initialData={initialData} onSettled={onSettled} />;
    const html = renderToString(provided(client, page));
    const { problems } = hydrate(html, client, page);
    await expect.poll(() => onSettled.mock.calls.length).toBe(1);
    await frames(3);
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(client.polls).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('U6 a mismatch would have been seen', async () => {
    const { client, play } = stage();
    const job = await play();
    const html = renderToString(provided(client, <Page id={job.id} />)).replace('pending', 'other');
    const { problems } = hydrate(html, client, <Page id={job.id} />);
    await expect.poll(() => problems).not.toEqual([]);
  });
});
