import type { JobDefinition } from '@offstage/core';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';
import { mountHook, Stage } from './testing/mount.tsx';

function Ingest() {
  const { start, isPending, error, job } = useStartJob(ingest);
  const { status, phase } = useJobProgress(job?.id);
  return (
    <>
      <button type="button" disabled={isPending} onClick={() => start({ files: 1 })}>
        Ingest
      </button>
      <p>{error?.code ?? phase ?? status}</p>
    </>
  );
}

test.each([false, true])('U2 start, watch, refused: a page, strict: %s', async (strict) => {
  const { client, manager, playOf } = stage();
  const { container, getByRole } = await render(
    <Stage client={client} strict={strict}>
      <Ingest />
    </Stage>,
  );
  await getByRole('button').click();
  await expect.poll(() => container.querySelector('p')?.textContent).toBe('running');
  const [started] = await client.list();
  playOf(started?.id).report({ phase: 'index' });
  await expect.poll(() => container.querySelector('p')?.textContent).toBe('index');
  playOf(started?.id).end({ version: 'v1' });
  await client.wait(started?.id ?? '');
  const maintenance = manager.enterMaintenance();
  await getByRole('button').click();
  await expect.poll(() => container.querySelector('p')?.textContent).toBe('admission_paused');
  expect(await client.list()).toHaveLength(1);
  maintenance.release();
});

test('U2 U5 a start goes on when its component leaves, and its functions stay the same', async () => {
  const { client } = stage();
  const hook = await mountHook(() => useStartJob(ingest), { client, props: undefined });
  const { start, reset } = hook.current();
  const started = start({ files: 1 });
  await expect.poll(hook.current).toMatchObject({ status: 'success', start, reset });
  hook.current().reset();
  await expect.poll(hook.current).toMatchObject({ status: 'idle', job: undefined });
  const second = start({ files: 2 });
  await hook.unmount();
  const ids = (await Promise.all([started, second])).map(({ id }) => id);
  expect((await client.list()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

test('U2 another definition starts anew; one of the same name is taken over', async () => {
  const { client } = stage();
  const other: JobDefinition = { ...ingest, name: 'other' };
  const hook = await mountHook(
    ({ definition }: { definition: JobDefinition }) => useStartJob(definition),
    { client, props: { definition: ingest as JobDefinition } },
  );
  await hook.current().start({ files: 1 });
  await expect.poll(hook.current).toMatchObject({ status: 'success' });
  await hook.rerender({ definition: { ...(ingest as JobDefinition) } });
  expect(hook.current()).toMatchObject({ status: 'success' });
  await hook.rerender({ definition: other });
  expect(hook.current()).toMatchObject({ status: 'idle' });
  await expect(hook.current().start({ files: 1 })).rejects.toMatchObject({
    code: 'unknown_definition',
  });
});

test('U2 useJobs gives the jobs of its filter, newest first, and each stays the same object', async () => {
  const { client, play } = stage();
  const first = await play();
  const hook = await mountHook(
    ({ status }: { status: 'running' | 'succeeded' }) => useJobs({ status }),
    { client, props: { status: 'running' } as { status: 'running' | 'succeeded' } },
  );
  expect(hook.renders[0]?.value).toMatchObject({ jobs: [], isPending: true });
  await expect.poll(() => hook.current().jobs.map(({ id }) => id)).toEqual([first.id]);
  const [view] = hook.current().jobs;
  const second = await play();
  await expect.poll(() => hook.current().jobs.map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(hook.current().jobs[1]).toBe(view);
  first.end({ version: 'v1' });
  await hook.rerender({ status: 'succeeded' });
  const changed = hook.renders.filter(({ props }) => props.status === 'succeeded');
  expect(changed[0]?.value).toMatchObject({ jobs: [], isPending: true });
  await expect.poll(() => hook.current().jobs.map(({ id }) => id)).toEqual([first.id]);
  await hook.current().refetch();
});

test('U2 J15 useActivity tells what runs and whether a job would be let in', async () => {
  const { client, manager, play } = stage();
  const hook = await mountHook(() => useActivity({ transport: 'poll', pollInterval: 5 }), {
    client,
    props: undefined,
  });
  await expect.poll(() => hook.current().activity).toMatchObject({ running: 0, accepting: true });
  const job = await play();
  await expect.poll(() => hook.current().activity).toMatchObject({ running: 1 });
  job.end({ version: 'v1' });
  await expect.poll(() => hook.current().activity).toMatchObject({ running: 0 });
  const maintenance = manager.enterMaintenance();
  await expect.poll(() => hook.current().activity).toMatchObject({ accepting: false });
  maintenance.release();
});

test.each([false, true])('U2 J3 a double click starts one job, strict: %s', async (strict) => {
  const { client } = stage();
  const { container } = await render(
    <Stage client={client} strict={strict}>
      <Ingest />
    </Stage>,
  );
  const button = container.querySelector('button');
  // Both within one task: nothing has been rendered between them.
  button?.click();
  button?.click();
  await expect.poll(() => container.querySelector('p')?.textContent).toBe('running');
  expect(await client.list()).toHaveLength(1);
});
