import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addAddresses, withAddresses } from './lock-addresses.mjs';

const registry = 'https://registry.example/';

test('each package that comes from the registry gets the address of its file, by its own name', () => {
  const lock = {
    name: 'offstage',
    packages: {
      '': { name: 'offstage' },
      'packages/core': { name: '@offstage/core', version: '1.0.0' },
      'node_modules/@offstage/core': { resolved: 'packages/core', link: true },
      'node_modules/zod': { version: '4.6.7', integrity: 'sha512-zod' },
      'packages/core/node_modules/@a/b': { version: '2.0.0-rc.1' },
      'node_modules/renamed': { name: '@a/real', version: '1.2.3' },
      'node_modules/told': { version: '1.0.0', resolved: 'https://elsewhere.example/told.tgz' },
      'node_modules/zod/node_modules/inside': { version: '1.0.0', inBundle: true },
    },
  };
  const resolved = (place: string): string => `${registry}${place}`;
  expect(addAddresses(lock, registry)).toEqual({
    name: 'offstage',
    packages: {
      ...lock.packages,
      'node_modules/zod': {
        ...lock.packages['node_modules/zod'],
        resolved: resolved('zod/-/zod-4.6.7.tgz'),
      },
      'packages/core/node_modules/@a/b': {
        version: '2.0.0-rc.1',
        resolved: resolved('@a/b/-/b-2.0.0-rc.1.tgz'),
      },
      'node_modules/renamed': {
        name: '@a/real',
        version: '1.2.3',
        resolved: resolved('@a/real/-/real-1.2.3.tgz'),
      },
    },
  });
});

test.skipIf(process.platform === 'win32')(
  'the lock with addresses is there for the installation alone, however that ends',
  () => {
    const root = mkdtempSync(path.join(tmpdir(), 'offstage-lock-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const npm = { command: path.join(root, 'npm'), shell: false };
    writeFileSync(npm.command, `#!/bin/sh\necho ${registry.slice(0, -1)}\n`, { mode: 0o755 });
    const lock = { packages: { 'node_modules/zod': { version: '4.6.7' } } };
    writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(lock));
    const addressed = path.join(root, 'npm-shrinkwrap.json');

    const seen = withAddresses(root, npm, () => JSON.parse(readFileSync(addressed, 'utf8')));
    expect(seen).toEqual(addAddresses(lock, registry));
    const fail = (): never => {
      throw new Error('No disk.');
    };
    expect(() => withAddresses(root, npm, fail)).toThrow('No disk.');
    expect(readdirSync(root).sort()).toEqual(['npm', 'package-lock.json']);

    writeFileSync(npm.command, '#!/bin/sh\nexit 1\n');
    expect(withAddresses(root, npm, fail)).toBe(undefined);
  },
);
