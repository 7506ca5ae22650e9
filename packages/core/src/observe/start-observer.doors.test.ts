import { expect, test } from 'vitest';
import { plain, stage } from '../jobs/job-manager.test-support.ts';
import { hostileOptions, isCoded, outcomeOf } from '../testing/hostile-options.ts';
import { StartObserver } from './start-observer.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;

test.each([
  ['definition', hostileOptions({ ...plain })],
  ['options', hostileOptions({ exclusivityKey: 'k', idempotencyKey: 'i' })],
] as const)(
  'F1 U2 StartObserver, %s: what throws or is none is a coded error, and the next start goes on',
  async (what, table) => {
    const faults: string[] = [];
    for (const { name, options } of table) {
      const { alice } = stage();
      const given: Untyped = options;
      const starter = new StartObserver(alice, what === 'definition' ? given : plain);
      const outcome = await outcomeOf(() =>
        starter.start(1, what === 'options' ? given : undefined),
      );
      if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
      if (starter.getSnapshot().isPending) faults.push(`${name}: pending`);
      starter.setDefinition(plain);
      const next = await outcomeOf(() => starter.start(2));
      if (next !== 'fine') faults.push(`${name}: no further start: ${next}`);
    }
    expect(faults).toEqual([]);
  },
);
