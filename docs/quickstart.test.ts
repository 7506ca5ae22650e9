import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runtimeOptions } from '../scripts/setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

// Every TypeScript block of the README is a file; its first line is the name.
const blocks = [...readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-quickstart-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

symlinkSync(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'));
writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }');
for (const [, name = '', code = ''] of blocks) writeFileSync(path.join(scratch, name), code);

test('J2 the quick start of the README compiles, with no cast', () => {
  expect(blocks.map(([, name]) => name)).toEqual(['jobs.ts', 'ingest.worker.ts', 'main.ts']);
  const config = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: { types: ['node'], typeRoots: [path.join(root, 'node_modules', '@types')] },
    files: blocks.map(([, name]) => name),
  };
  writeFileSync(path.join(scratch, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', scratch],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
});

test('W1 the quick start of the README runs as printed', () => {
  const output = execFileSync(process.execPath, [...runtimeOptions, 'main.ts'], {
    cwd: scratch,
    encoding: 'utf8',
  });
  const lines = output.trim().split('\n');
  expect(lines).toContain('snapshot 95 ');
  expect(lines).toContain('succeeded 2');
  const [documents, file = ''] = lines.at(-1)?.split(' ') ?? [];
  expect(documents).toBe('2');
  expect(readFileSync(path.resolve(scratch, file), 'utf8')).toContain("name: 'documents.ingest'");
});
