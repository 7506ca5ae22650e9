import { expect, test } from 'vitest';
import type { StartOptions } from './job-client.ts';
import { codeOf, plain, stage } from './job-manager.test-support.ts';

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
