import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runtimeOptions } from '../scripts/setup.mjs';
import { root, scratchProject } from './scratch-project.ts';

// The recipes as they are printed: the blocks of the guide are one module.
const guide = readFileSync(path.join(root, 'docs', 'guide', 'http.md'), 'utf8');
const code = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
// Next.js is not installed here (an example has it): its one function stands in for itself.
const [, next = ''] = /^```js\n([\s\S]*?)^```$/m.exec(guide) ?? [];
code.push(
  next.replace("import { connection } from 'next/server';", 'const connection = async () => {};'),
);
const project = scratchProject({ 'recipes.ts': code.join('\n') });
const scenario = path.join(root, 'docs', 'http-recipes.scenario.ts');

const mounts = [
  'Hono',
  'Express 5',
  'Express 5 behind a parser',
  'Express 5 in a router',
  'Fastify 5',
  'node:http',
  'Next.js',
  'SvelteKit',
];

test.each(mounts)('H1 H2 H3 the recipe for %s serves jobs and their streams', (mount) => {
  const args = [...runtimeOptions, scenario, path.join(project.folder, 'recipes.ts'), mount];
  const output = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  expect(output).toEqual({
    refused: 401,
    before: { jobs: [] },
    started: 201,
    streamType: 'text/event-stream; charset=utf-8',
    events: expect.stringMatching(/id: 1\ndata: .*"half way"[\s\S]*"result":{"pictures":2}/),
    foreign: 404,
    canceled: { canceled: false },
    removed: { consumed: true },
  });
});
