import { expect, onTestFinished, test } from 'vitest';
import { type Row, rowsIn } from './list.ts';
import { formatBytes, localTime } from './text.ts';

test('S11 sizes are given in units of 1024', () => {
  const sizes = [0, 1023, 1024, 1536, 102_348, 102_400, 1024 ** 2 - 1, 5 * 1024 ** 3, 1024 ** 5];
  expect(sizes.map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '99.9 KiB',
    '100 KiB',
    '1.0 MiB',
    '5.0 GiB',
    '1024 TiB',
  ]);
});

test('S11 times are local ones, with their offset', () => {
  const before = process.env.TZ;
  onTestFinished(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  const at = (zone: string): string => {
    process.env.TZ = zone;
    return localTime(Date.UTC(2026, 10, 23, 18, 33, 4));
  };
  expect(at('Asia/Kolkata')).toBe('2026-11-24T00:03:04+05:30');
  expect(at('America/St_Johns')).toBe('2026-11-23T15:03:04-03:30');
  expect(at('UTC')).toBe('2026-11-23T18:33:04+00:00');
  expect(localTime(Number.MAX_SAFE_INTEGER)).toMatch(/^\+275760-/);
});

const row = (gen: number, fields: Partial<Row> = {}): Row => ({
  version: {
    gen,
    id: '0123456789abcdef',
    version: `${gen}-0123456789abcdef`,
    content: `${gen === 12 ? 3 : gen}-0123456789abcdef`,
    createdAt: 0,
    current: gen === 12,
  },
  size: { files: 10_000, bytes: 123_456_789 },
  leased: false,
  ...fields,
});

test.each([60, 80, 100, Number.POSITIVE_INFINITY])('S11 a list fits %d columns', (width) => {
  const lines = rowsIn(width, [row(12, { leased: true }), row(3), row(1, { size: undefined })]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  expect(lines[1]).toMatch(/^\* +12 .* 10,000 {2}118 MiB {2}in use, (content of|as) 3$/);
  expect(lines[3]).toMatch(/ \? +\? {2}damaged$/);
  expect(lines[1]?.includes('12-0123456789abcdef')).toBe(width >= 100);
});
