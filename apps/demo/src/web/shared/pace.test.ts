import { expect, test } from 'vitest';
import { paceText } from './pace.ts';

const at = (seconds: number, percent: number, files: number | null = null) => ({
  ...{ atMs: seconds * 1000, percent, files },
});

test.each([
  ['nothing is known', [], ''],
  ['too little is known', [at(0, 1), at(2, 20)], ''],
  ['nothing moves', [at(0, 50), at(60, 50)], ''],
  ['it falls back, as another attempt does', [at(0, 50), at(10, 10)], ''],
  ['it moves', [at(0, 0), at(10, 25)], 'About 30 s left'],
  ['files are counted', [at(0, 10, 100), at(10, 30, 500)], 'About 35 s left, 40 files a second'],
  ['few files are counted', [at(0, 10, 1), at(10, 60, 16)], 'About 8 s left, 1.5 files a second'],
])('D2 a change says how long it will take once that can be told: %s', (_, samples, text) => {
  expect(paceText(samples).replaceAll('\u00a0', ' ')).toBe(text);
});
