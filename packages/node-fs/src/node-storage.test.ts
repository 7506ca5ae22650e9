import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type SuiteFiles, storageSuite } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { nodeStorage } from './node-storage.ts';

const filesIn = (root: string, outside: string): SuiteFiles => {
  const at = (path: string): string => (isAbsolute(path) ? path : join(root, path));
  const unless = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch {
      return otherwise;
    }
  };
  return {
    write: (path, content) => fs.writeFileSync(at(path), content),
    read: (path) => unless<string | undefined>(() => fs.readFileSync(at(path), 'utf8'), undefined),
    makeDirectory: (path) => fs.mkdirSync(at(path)),
    link: (existing, path) => fs.linkSync(at(existing), at(path)),
    symlink: (path) => fs.symlinkSync(outside, at(path)),
    special: (path) => void execFileSync('mkfifo', [at(path)]),
    remove: (path) => fs.rmSync(at(path), { force: true }),
    list: (path) => unless(() => fs.readdirSync(at(path)), []),
  };
};

storageSuite(
  { describe, test, expect },
  {
    name: 'nodeStorage',
    create: async () => {
      const scratch = fs.mkdtempSync(join(tmpdir(), 'offstage-'));
      const root = join(scratch, 'deep', 'store');
      const outside = join(scratch, 'outside');
      fs.mkdirSync(outside);
      return {
        storage: nodeStorage(root),
        another: () => nodeStorage(root),
        files: filesIn(root, outside),
        dispose: async () => fs.rmSync(scratch, { recursive: true }),
      };
    },
  },
);
