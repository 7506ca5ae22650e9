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
`;
// The blocks of the page are one module.
const project = scratchProject({ 'jobs.ts': jobs, 'solid.tsx': blocks.join('\n') });

test('U1 U2 J2 every block of the Solid guide compiles, with no cast', () => {
  expect(blocks.length).toBe(3);
  expect(
    project.compile({
      jsx: 'preserve',
      jsxImportSource: 'solid-js',
      lib: ['ES2024', 'ESNext.Disposable', 'DOM'],
    }),
  ).toBe('');
});
