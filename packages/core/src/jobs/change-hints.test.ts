import { expect, test } from 'vitest';
import { ChangeHints } from './change-hints.ts';
import type { Watcher } from './job-registry.ts';

const hintsOf = () => new ChangeHints((call) => call());

test('J17 a hint names the job, once per turn however often it changed', async () => {
  const hints = hintsOf();
  const told: string[] = [];
  const watchers = new Set([{ onChange: (id: string) => void told.push(id) }]);
  hints.tell(watchers, 'a');
  hints.tell(watchers, 'b');
  hints.tell(watchers, 'a');
  expect(told).toEqual([]);
  await Promise.resolve();
  expect(told).toEqual(['a', 'b']);
  hints.tell(watchers, 'a');
  await Promise.resolve();
  expect(told).toEqual(['a', 'b', 'a']);
});

test('J17 a watcher that is forgotten hears nothing more, also within the same turn', async () => {
  const hints = hintsOf();
  const told: string[] = [];
  const other: Watcher = { onChange: (id) => void told.push(`other ${id}`) };
  const first: Watcher = {
    onChange(id) {
      told.push(`first ${id}`);
      hints.forget(first);
      hints.forget(other);
    },
  };
  for (const id of ['a', 'b']) hints.tell(new Set([first, other]), id);
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toEqual(['first a']);
});
