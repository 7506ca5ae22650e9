import { expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { metadataToStore } from './metadata.ts';

const anything: StandardSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'inside';
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

test.for([
  ['objects', (inner: unknown) => ({ inner })],
  ['lists', (inner: unknown) => [inner]],
] as const)(
  'S1 F2 metadata of %s in one another are taken to a thousand, and refused in plain words beyond',
  async ([, wrap]) => {
    const deepest = nested(1000, wrap);
    expect(await metadataToStore(anything, deepest)).toEqual(deepest);
    for (const depth of [1001, 100_000]) {
      await expect(metadataToStore(anything, nested(depth, wrap))).rejects.toMatchObject({
        code: 'invalid_metadata',
        message: 'The metadata cannot be stored: it is nested more than 1,000 deep.',
      });
    }
  },
);
