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
  change.onLook(null);
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
    { add: ['a'], remove: [], retry: [] },
    { add: ['b'], remove: ['x'], retry: [] },
    { add: ['b'], remove: ['x'], retry: [] },
    { add: ['c'], remove: [], retry: [] },
  ]);
});

test('D5 clicking twice starts one change, also when the first has begun by the second', async () => {
  const { change, starts } = pendingChange();
  for (const wanted of [
    { add: ['a'], remove: [], retry: [] },
    { add: [], remove: ['x'], retry: [] },
    { add: [], remove: [], retry: [] },
  ]) {
    starts.length = 0;
    change.ask(wanted);
    change.ask(wanted);
    starts[0]?.resolve('job');
    await settled();
    change.ask(wanted);
    change.onShown('job');
    change.ask(wanted);
    expect(starts).toHaveLength(1);
    // Once it has ended, the same may be asked for again.
    change.onEnded('job');
    change.ask(wanted);
    expect(starts).toHaveLength(2);
    starts[1]?.resolve('next');
    await settled();
    change.onEnded('next');
  }
});

const lost = new ApiError('unavailable', 'The server cannot be reached.', 0);
const busy = (jobId: string | null) => ({
  resumedAt: null,
  ...{ mine: jobId !== null, jobId, since: 0, message: 'Wait.' },
});

test('D5 a start whose answer is lost is not said to have failed beside its job', async () => {
  const { change, starts } = pendingChange();
  const said: string[] = [];
  change.subscribe(({ status }) => said.push(status));
  change.onShown('earlier');
  change.ask({ add: ['a'], remove: [] });
  starts[0]?.reject(lost);
  await settled();
  change.ask({ add: ['b'], remove: [] });
  change.onLook(busy('job-1'));
  starts[1]?.reject(new ApiError('conflict', 'Wait.', 409));
  await settled();
  expect(change.get()).toMatchObject({ status: 'waiting', add: ['b'] });
  change.onShown('job-1');
  expect(said).not.toContain('refused');
  expect(starts.map(({ input }) => input)).toEqual([
    { add: ['a'], remove: [], retry: [] },
    { add: ['b'], remove: [], retry: [] },
  ]);
});

test('D5 a start that is said to have failed is taken back when its job shows after all', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'], remove: [] });
  starts[0]?.reject(lost);
  await settled();
  expect(change.get().status).toBe('checking');
  change.onLook(null);
  expect(change.get()).toMatchObject({ status: 'refused', error: lost });
  change.onEnded('job-1');
  expect(change.get().status).toBe('idle');
});

test('D5 a start that never reached the server is said to have failed, and can be tried again', async () => {
  const { change, starts } = pendingChange();
  change.onShown('earlier');
  change.ask({ add: ['a'], remove: [] });
  starts[0]?.reject(lost);
  await settled();
  change.onLook(null);
  change.onShown('earlier');
  expect(change.get().status).toBe('refused');
  void change.tryNow();
  expect(starts).toHaveLength(2);
});

test('D5 a start whose job shows before its answer is lost is not begun again', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'], remove: [] });
  change.onShown('job-1');
  starts[0]?.reject(lost);
  await settled();
  expect(change.get().status).toBe('idle');
  change.onLook(busy('job-1'));
  change.onLook(null);
  expect(starts).toHaveLength(1);
});

test('D7 what a change has taken is not left over, until it gives it back', async () => {
  const { change, starts } = pendingChange();
  change.ask({ add: ['a'] });
  expect(change.taken).toEqual([]);
  starts[0]?.resolve('job-1');
  await settled();
  expect(change.taken).toEqual(['a']);
  change.onEnded('earlier', false);
  change.onEnded('job-1', true);
  expect(change.taken).toEqual(['a']);
  change.ask({ add: ['b'] });
  starts[1]?.resolve('job-2');
  await settled();
  change.onEnded('job-2', false);
  expect(change.taken).toEqual([]);
});
