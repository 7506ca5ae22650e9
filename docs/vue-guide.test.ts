import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileScript, parse } from 'vue/compiler-sfc';
import { root, scratchProject } from './scratch-project.ts';

const guide = readFileSync(path.join(root, 'docs', 'guide', 'vue.md'), 'utf8');
const blocks = [...guide.matchAll(/^```vue\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

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
/** A component as its compiler writes it, with what its template says in the same function. */
function moduleOf(block: string, index: number): [string, string] {
  const id = `guide-${index}`;
  const { descriptor, errors } = parse(block, { filename: `${id}.vue` });
  expect(errors).toEqual([]);
  const { content } = compileScript(descriptor, { id, inlineTemplate: true });
  return [`${id}.ts`, content];
}

const modules = Object.fromEntries(blocks.map(moduleOf));
const project = scratchProject({ 'jobs.ts': jobs, ...modules });

test('U1 U2 J2 every block of the Vue guide compiles, with no cast', () => {
  expect(blocks.length).toBe(3);
  expect(
    project.compile({
      noImplicitAny: false,
      noUnusedParameters: false,
      lib: ['ES2024', 'ESNext.Disposable', 'DOM'],
    }),
  ).toBe('');
});
