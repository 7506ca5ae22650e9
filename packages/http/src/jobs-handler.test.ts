import { expect, test } from 'vitest';
import { body, call, done, jobsServer, post, slow } from './server.test-support.ts';

test('H2 a job is started, polled, listed, canceled and consumed', async () => {
  const { handle, alice } = jobsServer();
  const started = await call(handle, post('/jobs/suite.slow', { input: { n: 1 } }));
  expect(started.status).toBe(201);
  const job = await body(started);
  expect(started.headers.get('location')).toBe(`/jobs/${job.id}`);
  expect(job).toMatchObject({ name: slow.name, status: 'running', cancelRequested: false });

  const path = `/jobs/${job.id}`;
  expect(await body(await call(handle, path))).toEqual({
    job: { ...job, progress: expect.objectContaining({ seq: 1 }) },
    events: [expect.objectContaining({ seq: 1, phase: 'work', percent: 10 })],
    cursor: 1,
    missed: 0,
  });
  expect(await body(await call(handle, `${path}?after=1`))).toMatchObject({
    events: [],
    cursor: 1,
  });
  const listed = await body(await call(handle, '/jobs?status=running&status=queued'));
  expect(listed.jobs).toEqual([expect.objectContaining({ id: job.id })]);
  expect(await body(await call(handle, '/jobs?name=other'))).toEqual({ jobs: [] });
  expect(await body(await call(handle, '/jobs/activity'))).toMatchObject({
    running: 1,
    accepting: true,
  });

  expect(await body(await call(handle, post(`${path}/cancel`)))).toEqual({ canceled: true });
  await alice.wait(job.id);
  expect(await body(await call(handle, post(`${path}/cancel`)))).toEqual({ canceled: false });
  const remove = { method: 'DELETE' };
  expect(await body(await call(handle, path, remove))).toEqual({ consumed: true });
  expect(await body(await call(handle, path, remove))).toEqual({ consumed: false });
  expect((await call(handle, path)).status).toBe(404);
});

test('H2 the result of a job arrives with its end', async () => {
  const { handle, alice } = jobsServer();
  const { id } = await body(await call(handle, post('/jobs/suite.done', { input: { n: 3 } })));
  await alice.wait(id);
  expect((await body(await call(handle, `/jobs/${id}?limit=0`))).job).toMatchObject({
    name: done.name,
    status: 'succeeded',
    result: { doubled: 6 },
  });
});
