import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

export const root = path.resolve(import.meta.dirname, '..');

export interface ScratchProject {
  readonly folder: string;
  /** What the compiler complains of; empty when it does not. */
  compile(options?: Readonly<Record<string, unknown>>): string;
}

/** A project of these files outside of the repository, with its packages. Gone after the tests. */
export function scratchProject(files: Readonly<Record<string, string>>): ScratchProject {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offstage-docs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const write = (name: string, text: string): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write('package.json', '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    folder,
    compile(options = {}) {
      const typeRoots = [path.join(root, 'node_modules', '@types')];
      const config = {
        extends: path.join(root, 'tsconfig.base.json'),
        compilerOptions: { types: ['node'], typeRoots, ...options },
        files: Object.keys(files),
      };
      write('tsconfig.json', JSON.stringify(config));
      const compiler = path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
      return spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' }).stdout;
    },
  };
}
