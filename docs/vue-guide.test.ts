import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
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
export const build = defineJob({
  name: 'report.build',
  input: z.object({ pages: z.number() }),
  result: z.object({ version: z.string(), pages: z.number() }),
  phases: ['write', 'publish', 'done'],
});
`;

// In a process of its own, where Node.js alone decides how the compiler's parts are loaded.
const compiler = `
const { compileScript, parse } = require('vue/compiler-sfc');
const blocks = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(blocks.map((block, index) => {
  const { descriptor, errors } = parse(block);
  if (errors.length > 0) throw errors[0];
  return compileScript(descriptor, { id: 'guide-' + index, inlineTemplate: true }).content;
})));
`;
const compiled = spawnSync(process.execPath, ['-e', compiler], {
  cwd: root,
  encoding: 'utf8',
  input: JSON.stringify(blocks),
});
const components: string[] = compiled.status === 0 ? JSON.parse(compiled.stdout) : [];
const modules = components.map((code, index) => [`guide-${index}.ts`, code]);
const project = scratchProject({ 'jobs.ts': jobs, ...Object.fromEntries(modules) });

test('U1 U2 J2 every block of the Vue guide compiles, with no cast', () => {
  expect(compiled.stderr).toBe('');
  expect(components).toHaveLength(4);
  const lib = ['ES2024', 'ESNext.Disposable', 'DOM'];
  expect(project.compile({ noUnusedLocals: false, noUnusedParameters: false, lib })).toBe('');
});
