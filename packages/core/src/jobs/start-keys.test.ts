import { expect, test } from 'vitest';
import type { StartOptions } from './job-client.ts';
import { life } from './job-manager.kept.test-support.ts';
import { codeOf, plain, stage } from './job-manager.test-support.ts';
import { fingerprint } from './start-keys.ts';

const given: readonly StartOptions[] = [
  {},
  { delayMs: 1000 },
  { delayMs: 2000 },
  { startAt: 9_000_000_000_000 },
  { startAt: 9_000_000_000_001 },
  { priority: 1 },
  { exclusivityKey: 'k', onConflict: 'queue' },
  { exclusivityKey: 'k', onConflict: 'join' },
  { exclusivityKey: 'l', onConflict: 'queue' },
];

test('J3 A5 A6 A8 a start under a known key is the same one only with the same options', async () => {
  for (const [n, first] of given.entries()) {
    const { alice } = stage();
    const { id } = await alice.start(plain, 1, { ...first, idempotencyKey: 'once' });
    for (const [m, second] of given.entries()) {
      const again = alice.start(plain, 1, { ...second, idempotencyKey: 'once' });
      if (n === m) expect((await again).id).toBe(id);
      else expect([n, m, await codeOf(again)]).toEqual([n, m, 'idempotency_key_reused']);
    }
  }
});

test('K2 J3 A5 A6 A8 a kept start under a known key is the same one only with the same options', async () => {
  for (const [n, first] of given.entries()) {
    const before = life();
    const { id } = await before.alice.start(plain, 1, { ...first, idempotencyKey: 'once' });
    const { alice } = before.kill();
    for (const [m, second] of given.entries()) {
      const again = alice.start(plain, 1, { ...second, idempotencyKey: 'once' });
      if (n === m) expect((await again).id).toBe(id);
      else expect([n, m, await codeOf(again)]).toEqual([n, m, 'idempotency_key_reused']);
    }
  }
});

test('K2 J3 a start that comes before the journal is read finds the job that was kept', async () => {
  const before = life();
  const { id } = await before.alice.start(plain, 1, { idempotencyKey: 'once' });
  const after = before.kill();
  const starts = [1, 2].map(() => after.alice.start(plain, 1, { idempotencyKey: 'once' }));
  await after.manager.ready();
  expect((await Promise.all(starts)).map((view) => view.id)).toEqual([id, id]);
  expect(await after.alice.list()).toHaveLength(1);
});

test('K2 J3 of a kept job whose journal does not say with what options, the input is compared', async () => {
  const before = life();
  const journal = before.journal;
  await before.manager.ready();
  await journal.write({
    type: 'admitted',
    job: {
      id: 'old',
      owner: 'alice',
      name: plain.name,
      input: 1,
      idempotencyKey: 'once',
      priority: 0,
      createdAt: 1,
      availableAt: null,
      status: 'queued',
      attempt: 1,
      startedAt: null,
      endedAt: null,
      stopReason: null,
      progress: null,
      discarded: false,
    },
  });
  const { alice } = before.kill();
  const same = await alice.start(plain, 1, { priority: 1, idempotencyKey: 'once' });
  expect(same.id).toBe('old');
  const other = alice.start(plain, 2, { idempotencyKey: 'once' });
  expect(await codeOf(other)).toBe('idempotency_key_reused');
});

test('J3 A5 a moment counts as the same one in either form, and after it has passed', async () => {
  const { alice, clock } = stage();
  const at = clock.now() + 1000;
  const { id } = await alice.start(plain, 1, { startAt: at, idempotencyKey: 'once' });
  const early = await alice.start(plain, 1, { startAt: new Date(at), idempotencyKey: 'once' });
  expect(early.id).toBe(id);
  await clock.advance(2000);
  const late = await alice.start(plain, 1, { startAt: at, idempotencyKey: 'once' });
  expect(late).toMatchObject({ id, status: 'running' });
});

test('J3 no delay is a delay of nothing', async () => {
  const { alice } = stage();
  const { id } = await alice.start(plain, 1, { idempotencyKey: 'once' });
  const again = await alice.start(plain, 1, { delayMs: 0, priority: 0, idempotencyKey: 'once' });
  expect(again.id).toBe(id);
});

test('J3 inputs that differ in what JSON cannot say are told apart', () => {
  const inputs = (n: number): readonly unknown[] => [
    new Map([[1, { a: n }]]),
    new Set([n]),
    BigInt(n),
    new Uint8Array([n]),
    new Uint8Array([n]).buffer,
    new Date(n),
    new RegExp(String(n)),
    new Error(String(n)),
    { deep: [new Map([['a', new Set([BigInt(n)])]])] },
  ];
  for (const [index, one] of inputs(1).entries()) {
    const [same, other] = [inputs(1)[index], inputs(2)[index]];
    expect(fingerprint(['name', same])).toBe(fingerprint(['name', one]));
    expect([index, fingerprint(['name', other])]).not.toEqual([index, fingerprint(['name', one])]);
  }
});
