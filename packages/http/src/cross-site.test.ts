import { expect, test } from 'vitest';
import { isSameSite } from './cross-site.ts';

const own = { host: 'docs.example.com:8080' };
const cases: readonly (readonly [boolean, Readonly<Record<string, string>>])[] = [
  [true, own],
  [true, {}],
  [true, { ...own, 'sec-fetch-site': 'same-origin' }],
  [true, { ...own, 'sec-fetch-site': 'none' }],
  [false, { ...own, 'sec-fetch-site': 'same-site' }],
  [false, { ...own, 'sec-fetch-site': 'cross-site' }],
  // What a browser says by itself counts for more than what a page may have a part in.
  [false, { ...own, 'sec-fetch-site': 'cross-site', origin: 'http://docs.example.com:8080' }],
  [true, { ...own, origin: 'https://docs.example.com:8080' }],
  [false, { ...own, origin: 'https://docs.example.com' }],
  [false, { ...own, origin: 'https://evil.example' }],
  [false, { ...own, origin: 'null' }],
  // Nothing to compare with is no likeness.
  [false, { origin: 'null' }],
  [false, { origin: 'https://evil.example' }],
  [true, { ...own, origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
];

test('H5 only the own pages, programs and origins that were named may change something', () => {
  const allowedOrigins = new Set(['https://app.example.com']);
  for (const [expected, headers] of cases) {
    const answer = isSameSite(new Headers(headers), { allowedOrigins });
    expect([headers, answer]).toEqual([headers, expected]);
  }
  expect(isSameSite(new Headers({ origin: 'http://a:1' }), { host: 'a:1' })).toBe(true);
});
