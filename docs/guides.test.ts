import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, scratchProject } from './scratch-project.ts';

const guides = path.join(root, 'docs', 'guide');

// What the guides take as given: the application's own functions, and what an earlier page defined.
const given = `
import type { AnyJobDefinition, JobManager, StandardSchema } from '@offstage/core';
declare global {
  const upload: string;
  function scale(upload: string, width: number, signal: AbortSignal): Promise<boolean>;
  function removeUploads(uploads: readonly string[]): Promise<void>;
  function addToIndex(file: string): Promise<void>;
  const signal: AbortSignal;
  const fileStream: ReadableStream<Uint8Array>;
  const job: { readonly id: string };
  const queue: { isNewestAttempt(job: { readonly id: string }): Promise<boolean> };
  const manager: JobManager;
  const resize: AnyJobDefinition;
  function sessionOf(request: Request): { readonly userId: string } | undefined;
  const gallery: StandardSchema<{ pictures: number }>;
}
`;

/** A block that begins with the name of a file is that file, and the others of a page are one module. */
function modulesOf(page: string): readonly (readonly [string, string])[] {
  const text = readFileSync(path.join(guides, page), 'utf8');
  const name = page.replace(/\.md$/, '');
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  const fileOf = (code: string): string | undefined => /^\/\/ (\S+\.ts)(?::.*)?\n/.exec(code)?.[1];
  const rest = blocks.filter((code) => fileOf(code) === undefined).join('\n');
  const named = blocks.flatMap((code) => {
    const file = fileOf(code);
    return file === undefined ? [] : [[`${name}/${file}`, code] as const];
  });
  return rest === '' ? named : [[`${name}.ts`, rest], ...named];
}

const modules = readdirSync(guides)
  .filter((name) => name.endsWith('.md'))
  .flatMap(modulesOf);
const project = scratchProject({ 'given.d.ts': given, ...Object.fromEntries(modules) });

test('J2 every block of the guides compiles', () => {
  expect(modules.map(([name]) => name)).toContain('jobs.ts');
  expect(project.compile({ noUnusedLocals: false })).toBe('');
});
