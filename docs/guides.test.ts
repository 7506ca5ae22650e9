import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const guides = path.join(root, 'docs', 'guide');

// What the guides take as given: the application's own functions, and what an earlier page defined.
const given = `
import type { StandardSchema } from '@offstage/core';
declare global {
  function scale(file: string, width: number, signal: AbortSignal): Promise<boolean>;
  function removeUploads(files: readonly string[]): Promise<void>;
  function addToIndex(file: string): Promise<void>;
  const signal: AbortSignal;
  const fileStream: ReadableStream<Uint8Array>;
  const job: { readonly id: string };
  const queue: { isNewestAttempt(job: { readonly id: string }): Promise<boolean> };
  const gallery: StandardSchema<{ pictures: number }>;
}
`;

const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-guides-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
symlinkSync(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'));
writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }');
writeFileSync(path.join(scratch, 'given.d.ts'), given);

/** The blocks of a page are one module. */
const moduleOf = (page: string): string =>
  [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code).join('\n');

test('J2 every block of the guides compiles', () => {
  const pages = readdirSync(guides).filter((name) => name.endsWith('.md'));
  const files = pages.flatMap((name) => {
    const code = moduleOf(readFileSync(path.join(guides, name), 'utf8'));
    if (code.trim() === '') return [];
    const file = name.replace(/\.md$/, '.ts');
    writeFileSync(path.join(scratch, file), code);
    return [file];
  });
  expect(files).toContain('jobs.ts');
  const config = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: {
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules', '@types')],
      noUnusedLocals: false,
    },
    files: ['given.d.ts', ...files],
  };
  writeFileSync(path.join(scratch, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', scratch],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
});
