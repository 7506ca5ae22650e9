import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, scratchProject } from './scratch-project.ts';

const guide = readFileSync(path.join(root, 'docs', 'guide', 'react.md'), 'utf8');
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
  'react.tsx': others.join('\n'),
});

test('U1 U2 J2 every block of the React guide compiles, with no cast', () => {
  expect(named).toHaveLength(1);
  expect(others.length).toBeGreaterThan(3);
  expect(project.compile({ jsx: 'react-jsx', lib: ['ES2024', 'ESNext.Disposable', 'DOM'] })).toBe(
    '',
  );
});
