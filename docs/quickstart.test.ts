import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runtimeOptions } from '../scripts/setup.mjs';
import { root, scratchProject } from './scratch-project.ts';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

// Every TypeScript block of the README is a file; its first line is the name.
const blocks = [...readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)].map(
  ([, name = '', code = '']) => [name, code],
);
const project = scratchProject(Object.fromEntries(blocks));

test('J2 the quick start of the README compiles, with no cast', () => {
  expect(blocks.map(([name]) => name)).toEqual(['jobs.ts', 'ingest.worker.ts', 'main.ts']);
  expect(project.compile()).toBe('');
});

const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');

test.each([
  ['type stripping', [...runtimeOptions, 'main.ts']],
  ['tsx', [tsx, ...runtimeOptions, 'main.ts']],
])('W1 the quick start of the README runs as printed, under %s', (_, args) => {
  const output = execFileSync(process.execPath, args, { cwd: project.folder, encoding: 'utf8' });
  const lines = output.trim().split('\n');
  expect(lines).toContain('snapshot 95 ');
  expect(lines).toContain('succeeded 2');
  const [documents, file = ''] = lines.at(-1)?.split(' ') ?? [];
  expect(documents).toBe('2');
  expect(readFileSync(path.resolve(project.folder, file), 'utf8')).toContain(
    "name: 'documents.ingest'",
  );
});
