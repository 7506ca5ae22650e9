import { expect, test } from 'vitest';
import { countMarks, stretchesOf } from './text-lines.ts';

const plain = (text: string) => ({ text, match: false });
const mark = (text: string) => ({ text, match: true });

test('D4 rows of a table that is open stand below one another, with their cells apart', () => {
  const parts = [plain('Before\nName | City\nAnn | '), mark('Bonn'), plain('\nafter it')];
  expect(stretchesOf(parts)).toEqual([
    { kind: 'lines', parts: [plain('Before')] },
    {
      kind: 'table',
      rows: [
        [[plain('Name')], [plain('City')]],
        [[plain('Ann')], [mark('Bonn')]],
      ],
    },
    { kind: 'lines', parts: [plain('after it')] },
  ]);
});

test('D4 a mark over two cells is counted as often as it is shown', () => {
  const parts = [plain('a | '), mark('b | c'), plain('\n'), mark('d\ne')];
  expect(countMarks(parts)).toBe(4);
  expect(countMarks([mark('b | c')])).toBe(1);
});

test('D4 a text of one line is shown as it is, whatever signs it has', () => {
  const parts = [plain('Home | About')];
  expect(stretchesOf(parts)).toEqual([{ kind: 'lines', parts }]);
  expect(stretchesOf([])).toEqual([{ kind: 'lines', parts: [] }]);
});
