import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, scratchProject } from './scratch-project.ts';

const guide = readFileSync(path.join(root, 'docs', 'guide', 'solid.md'), 'utf8');
const blocks = [...guide.matchAll(/^```tsx\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

const jobs = `
import { defineJob } from '@offstage/core';
import { z } from 'zod';
export const ingest = defineJob({
  name: 'documents.ingest',
  input: z.object({ uploads: z.array(z.string()) }),
  result: z.object({ version: z.string(), documents: z.number() }),
  phases: ['save', 'ingest', 'index', 'snapshot', 'done'],
});
export const build = defineJob({
  name: 'report.build',
  input: z.object({ pages: z.number() }),
  result: z.object({ version: z.string(), pages: z.number() }),
  phases: ['write', 'publish', 'done'],
});
`;
// A block that names its file is one; the others of the page are one module.
const named = blocks.filter((code) => code.startsWith('// page.tsx\n'));
const others = blocks.filter((code) => !named.includes(code));
const project = scratchProject({
  'jobs.ts': jobs,
  'page.tsx': named.join('\n'),
  'solid.tsx': others.join('\n'),
});

test('U1 U2 J2 every block of the Solid guide compiles, with no cast', () => {
  expect(named).toHaveLength(1);
  expect(others.length).toBe(3);
  expect(
    project.compile({
      jsx: 'preserve',
      jsxImportSource: 'solid-js',
      lib: ['ES2024', 'ESNext.Disposable', 'DOM'],
    }),
  ).toBe('');
});

test('U2 no bar of the Solid guide is given an undefined value, which its property refuses', () => {
  const bars = blocks.flatMap((code) => code.match(/<progress [^>]*>/g) ?? []);
  expect(bars.length).toBeGreaterThan(1);
  expect(bars.filter((bar) => /undefined|null/.test(bar))).toEqual([]);
});
