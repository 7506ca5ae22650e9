import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { circles, importGraph } from './import-graph.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sources = [
  ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/src`),
  'apps/demo/src',
  'bench/src',
];

test.each(sources)('%s has no circle of imports, types included', (folder) => {
  const graph = importGraph(path.join(root, folder));
  expect(graph.size).toBeGreaterThan(0);
  expect(circles(graph)).toEqual([]);
});

test('a circle is found, however long, and a file that imports itself', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', ['d', 'e']],
    ['e', []],
  ]);
  expect(circles(graph)).toEqual([['d'], ['a', 'b', 'c']]);
});
