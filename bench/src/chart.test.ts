import { expect, test } from 'vitest';
import { chartOf } from './chart.ts';
import type { Row } from './row.ts';

const row = (measure: string, ratio: number | null, target: string): Row => ({
  measure,
  ours: '',
  peer: '',
  ratio,
  target,
  pass: null,
});

/** From which side of the middle line each bar goes, and what is written at its end. */
const bars = (svg = ''): string[] =>
  [...svg.matchAll(/<rect class="(ours|theirs)"[\s\S]*?>([\d.]+ x)</g)].map(
    ([, side, times]) => `${side} ${times}`,
  );

test('a bar goes to whoever is better, whether more or less is', () => {
  const svg = chartOf('Jobs', [
    row('faster', 2, 'at least 1.0'),
    row('slower', 0.5, 'at least 0.4'),
    row('smaller', 0.25, 'at most 1.0'),
    row('larger', 4, 'under 2'),
    row('larger, shortly said', 4, '<= 2'),
    row('far beyond', 1e9, 'at least 1.0'),
    row('alone', null, 'under 5 ms'),
    row('broken', Number.NaN, 'at least 1.0'),
  ]);
  expect(bars(svg)).toEqual([
    'ours 2.00 x',
    'theirs 2.00 x',
    'ours 4.00 x',
    'theirs 4.00 x',
    'theirs 4.00 x',
    'ours 1000000000.00 x',
  ]);
  const ends = [...(svg ?? '').matchAll(/ width="([\d.]+)" height="12"/g)].map(([, end]) =>
    Number(end),
  );
  expect(Math.max(...ends)).toBeLessThan(760 / 2);
});

test('names of measures are text, and nothing to compare is no chart', () => {
  expect(chartOf('A', [row('<b> & "c"', 1, '')])).toContain('&lt;b> &amp; &quot;c&quot;');
  expect(chartOf('A', [row('alone', null, '')])).toBeUndefined();
});
