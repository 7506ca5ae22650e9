import { expect, test } from 'vitest';
import { type Api, ApiError } from '../api.ts';
import { PendingChange } from './pending-change.ts';

const api = { dropUpload: async () => undefined } as unknown as Api;

/** Starts under the test's hand. */
function pendingChange() {
  const starts: { input: unknown; resolve: (id: string) => void; reject: (e: unknown) => void }[] =
    [];
  const change = new PendingChange(api, () => {});
  change.connect(
    (input) =>
      new Promise((resolve, reject) => {
        starts.push({ input, resolve: (id) => resolve({ id }), reject });
      }),
  );
  return { change, starts };
}

/** Lets what has been answered take its course. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('D5 a change that was asked for is shown until its job is', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'], remove: [] });
  expect(change.get()).toMatchObject({ status: 'starting', add: ['a'] });
  starts[0]?.resolve('job-1');
  await settled();
  expect(change.get()).toMatchObject({ status: 'started', add: ['a'], jobId: 'job-1' });
  await change.tryNow();
  change.onShown('another');
  expect(change.get().status).toBe('started');
  change.onShown('job-1');
  expect(change.get()).toMatchObject({ status: 'idle', add: [], jobId: undefined });
  expect(starts).toHaveLength(1);
});

test('D5 a job that ended before it was shown is not waited for', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'], remove: [] });
  starts[0]?.resolve('job-1');
  await settled();
  change.onFree();
  expect(change.get().status).toBe('idle');
});

test('D5 what is asked for after a start is a change of its own', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'], remove: [] });
  change.ask({ add: ['b'], remove: ['x'] });
  starts[0]?.resolve('job-1');
  await settled();
  starts[1]?.reject(new ApiError('conflict', 'Wait.', 409));
  await settled();
  expect(change.get()).toMatchObject({ status: 'waiting', add: ['b'], remove: ['x'] });
  change.onShown('job-1');
  expect(change.get().status).toBe('waiting');
  void change.tryNow();
  starts[2]?.resolve('job-2');
  await settled();
  change.ask({ add: ['c'], remove: [] });
  expect(starts.map(({ input }) => input)).toEqual([
    { add: ['a'], remove: [] },
    { add: ['b'], remove: ['x'] },
    { add: ['b'], remove: ['x'] },
    { add: ['c'], remove: [] },
  ]);
});
