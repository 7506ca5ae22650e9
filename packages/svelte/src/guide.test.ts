import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compile } from 'svelte/compiler';
import { expect, test } from 'vitest';

const fixtures = path.resolve(import.meta.dirname, '..', 'fixtures', 'guide');
const guide = path.resolve(import.meta.dirname, '..', '..', '..', 'docs', 'guide', 'svelte.md');
const blocks = [...readFileSync(guide, 'utf8').matchAll(/^```svelte\n([\s\S]*?)^```$/gm)].map(
  ([, code = '']) => code,
);
const files = readdirSync(fixtures)
  .filter((name) => name.endsWith('.svelte'))
  .map((name) => readFileSync(path.join(fixtures, name), 'utf8'));

// The files are type-checked as components by `npm run typecheck`.
test('U2 every block of the guide is a component that is type-checked', () => {
  expect(blocks.toSorted()).toEqual(files.toSorted());
});

test('U2 the compiler has nothing to say of the blocks of the guide', () => {
  for (const code of blocks) {
    expect(compile(code, { generate: 'client' }).warnings).toEqual([]);
    expect(compile(code, { generate: 'server' }).warnings).toEqual([]);
  }
});
