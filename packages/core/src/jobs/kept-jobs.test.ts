import { expect, test } from 'vitest';
import { z } from 'zod';
import { JobObserver } from '../observe/job-observer.ts';
import { settle } from '../testing/simulated-clock.ts';
import { defineJob } from './job-definition.ts';
import { plain, stage } from './job-manager.test-support.ts';
import { roughBytes } from './rough-bytes.ts';

const shape = { result: z.string(), phases: ['work'] } as const;

type Setup = Parameters<typeof stage>[0];

function setup(options: Setup) {
  const made = stage({ slots: 100, ...options });
  const end = async (owner: 'alice' | 'bob', bytes = 0): Promise<string> => {
    const { id } = await made[owner].start(plain, 1);
    made.executor.runOf(id).return('x'.repeat(bytes));
    await settle();
    return id;
  };
  const kept = async (owner: 'alice' | 'bob') => (await made[owner].list()).map(({ id }) => id);
  return { ...made, end, kept };
}

test('J17 bytes are taken from whoever brought them, then from the others', async () => {
  const { end, kept } = setup({ maxKeptBytes: 10_000 });
  const foreign = await end('bob', 3000);
  const first = await end('alice', 3000);
  const second = await end('alice', 3000);
  expect(await kept('alice')).toEqual([second, first]);
  const third = await end('alice', 3000);
  expect(await kept('alice')).toEqual([third, second]);
  expect(await kept('bob')).toEqual([foreign]);
  // Larger than the bound: it alone stays, or nobody could ever read it.
  const huge = await end('alice', 20_000);
  expect(await kept('alice')).toEqual([huge]);
  expect(await kept('bob')).toEqual([]);
  const small = await end('bob', 10);
  expect(await kept('alice')).toEqual([]);
  expect(await kept('bob')).toEqual([small]);
});

test('J17 a job that is watched stays, and is the first to go when nobody watches any more', async () => {
  const { alice, end, kept } = setup({ maxKeptPerOwner: 2 });
  const watched = await end('alice');
  const stop = alice.watch?.(watched, () => undefined);
  const second = await end('alice');
  const third = await end('alice');
  expect(await kept('alice')).toEqual([third, watched]);
  expect(await alice.get(second)).toBe(undefined);
  stop?.();
  const fourth = await end('alice');
  const fifth = await end('alice');
  expect(await kept('alice')).toEqual([fifth, fourth]);
});

test('J17 active jobs count for nothing, and what is released is told', async () => {
  const { alice, end, kept, news } = setup({ maxKeptPerOwner: 1 });
  const active = await Promise.all([1, 2, 3].map(() => alice.start(plain, 1)));
  const first = await end('alice');
  const second = await end('alice');
  expect(await kept('alice')).toEqual([second, ...active.map(({ id }) => id).reverse()]);
  expect(news.filter((each) => each.startsWith('released'))).toEqual([`released ${first}`]);
});

test('J17 U5 a job known from a list is looked at for its result, and settles once with it', async () => {
  const { alice, end } = setup({});
  const id = await end('alice', 3);
  const [listed] = await alice.list();
  expect(listed?.result).toBe(undefined);
  const settled: unknown[] = [];
  const observer = new JobObserver(alice, id, {
    initialData: listed,
    onSettled: ({ result }) => settled.push(result),
  });
  const stop = observer.subscribe(() => undefined);
  expect(observer.getSnapshot()).toMatchObject({ status: 'succeeded', isPending: false });
  await settle();
  expect(observer.getSnapshot()).toMatchObject({ result: 'xxx', isTerminal: true });
  expect(settled).toEqual(['xxx']);
  stop();
});

test('F1 J17 a result that cannot be looked at, or is shared without end, is weighed all the same', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const shared: unknown[] = [1];
  for (let level = 0; level < 200; level += 1) shared.push([shared.at(-1), shared.at(-1)]);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const throwing = {
    get x(): never {
      throw new Error('no');
    },
  };
  for (const value of [proxy, shared, cyclic, throwing, Symbol('x'), () => 1, 10n, undefined]) {
    expect(roughBytes(value)).toBeGreaterThanOrEqual(0);
    expect(roughBytes(value)).toBeLessThan(10_000_000);
  }
  expect(roughBytes('x'.repeat(1_000_000))).toBeGreaterThan(999_999);
  expect(roughBytes(new Uint8Array(1_000_000))).toBeGreaterThan(999_999);
  const rows = Array.from({ length: 10_000 }, () => ({ text: 'x'.repeat(100) }));
  expect(roughBytes(rows)).toBeGreaterThan(1_000_000);
  expect(roughBytes(rows)).toBeLessThan(3_000_000);
});

test('J17 A11 an input that is kept to be run again counts like a result', async () => {
  const { alice, executor, clock } = stage({ keepInputs: true, maxKeptBytes: 10_000 });
  const large = defineJob({ ...shape, name: 'large.plain', input: z.string() });
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { id } = await alice.start(large, 'x'.repeat(4000));
    executor.runOf(id).throw();
    await clock.advance(1);
    ids.push(id);
  }
  expect((await alice.list()).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
});

test('J17 who is told that a job is released may consume the next one', async () => {
  const { manager, alice, end, kept } = setup({ maxKeptPerOwner: 3, maxKeptBytes: 10_000 });
  const [, second, third] = [
    await end('alice', 1000),
    await end('alice', 1000),
    await end('alice'),
  ];
  const stop = manager.on('released', () => {
    stop();
    void alice.consume(second ?? '');
  });
  const large = await end('alice', 20_000);
  expect(await kept('alice')).toEqual([large]);
  expect(await alice.get(third ?? '')).toBe(undefined);
});
