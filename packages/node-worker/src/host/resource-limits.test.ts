import { expect, test } from 'vitest';
import type { ResourceLimits } from './host-thread.ts';
import { WorkerExecutor } from './worker-executor.ts';

const entry = new URL('./nowhere.worker.js', import.meta.url);

test.each<[name: keyof ResourceLimits, given: unknown]>([
  ['maxOldGenerationSizeMb', -5],
  ['maxOldGenerationSizeMb', 0],
  ['maxOldGenerationSizeMb', 1],
  ['maxOldGenerationSizeMb', Number.NaN],
  ['maxOldGenerationSizeMb', '64'],
  ['maxYoungGenerationSizeMb', -1],
  ['codeRangeSizeMb', -1],
  ['stackSizeMb', 0.01],
  ['stackSizeMb', null],
])('W1 W4 a limit of %s of %s, which may end the process, is refused by name', (name, given) => {
  const resourceLimits = { [name]: given } as ResourceLimits;
  expect(() => new WorkerExecutor({ entry, resourceLimits })).toThrow(
    expect.objectContaining({
      code: 'invalid_option',
      details: { option: `resourceLimits.${name}` },
    }),
  );
});

test('W1 limits that a thread can live with are taken', () => {
  const resourceLimits = { maxOldGenerationSizeMb: 24, stackSizeMb: 4, codeRangeSizeMb: 0 };
  expect(new WorkerExecutor({ entry, resourceLimits, threads: 2 }).concurrency).toBe(2);
});
