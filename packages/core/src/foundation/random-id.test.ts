import { expect, test } from 'vitest';
import { randomId } from './random-id.ts';

test('J3 ids are 22 letters of a URL, no two are alike, and each letter is as likely as another', () => {
  const count = 20_000;
  const ids = Array.from({ length: count }, randomId);
  expect(new Set(ids).size).toBe(count);
  const letters = new Map<string, number>();
  for (const id of ids) {
    expect(id).toMatch(/^[\w-]{22}$/);
    for (const letter of id) letters.set(letter, (letters.get(letter) ?? 0) + 1);
  }
  // Ten standard deviations of what 64 letters share.
  const share = (count * 22) / 64;
  expect(letters.size).toBe(64);
  for (const times of letters.values()) {
    expect(Math.abs(times - share)).toBeLessThan(10 * Math.sqrt(share));
  }
});
