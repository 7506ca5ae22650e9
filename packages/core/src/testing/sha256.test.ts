import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('S17 the simulated disk hashes as SHA-256 does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
      const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'));
      expect(sha256(bytes)).toBe(hex.join(''));
    }),
    {
      examples: [
        [new Uint8Array(0)],
        [new Uint8Array(55)],
        [new Uint8Array(56)],
        [new Uint8Array(64)],
      ],
    },
  );
});
