import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SnapshotStore } from '@offstage/core';
import { type BuildOptions, build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../..', import.meta.url));

const source = `
  import { SnapshotStore } from '@offstage/core';
  import { nodeStorage } from '@offstage/node-fs';

  const metadata = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
  const store = new SnapshotStore({ storage: nodeStorage(process.argv[2]), metadata });
  const told = (work) =>
    work.then(
      () => 'done',
      ({ code, message, cause }) => ({ code, message, cause: String(cause) }),
    );
  const textOf = async (version) => new Response(await version.open('a.txt')).text();

  const tell = async () => ({
    current: await told(store.current()),
    open: await told(store.open(1)),
    verify: await told(store.verify()),
    begin: await told(store.begin().then((draft) => draft.discard())),
    rollback: await told(store.rollback(1)),
    text: await store.current({ lease: false }).then(textOf),
    opened: await store.open(1, { lease: false }).then(textOf),
    verified: (await store.verify({ lease: false })).ok,
  });
  tell().then((outcome) => console.log(JSON.stringify(outcome)));
`;

/** A module whose first evaluation fails, and of which the second import gets what is left. */
const thrownOnce = (message: string): string =>
  `if (globalThis.hasFailed !== true) { globalThis.hasFailed = true; throw new Error(${JSON.stringify(message)}); }
   module.exports = {};`;

/** What a program says that was bundled so, about a store with one version. */
async function runBundle(options: BuildOptions) {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'offstage-bundle-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const folder = join(scratch, 'store');
  const store = new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown() });
  await using draft = await store.begin();
  await draft.write('a.txt', 'published');
  await draft.finalize({});

  const outfile = join(scratch, options.format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
  await build({
    stdin: { contents: source, resolveDir: repository },
    bundle: true,
    platform: 'node',
    conditions: ['@offstage/source'],
    logLevel: 'silent',
    outfile,
    ...options,
  });
  symlinkSync(join(repository, 'node_modules'), join(scratch, 'node_modules'));
  const flags = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await run(process.execPath, [...flags, outfile, folder]);
  return JSON.parse(stdout);
}

/** Has the addon's place taken by what a bundler makes of it. */
const instead = (contents: string): BuildOptions => ({
  format: 'esm',
  plugins: [
    {
      name: 'instead',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^fs-native-extensions$/ }, ({ path }) => ({
          path,
          namespace: 'made',
        }));
        onLoad({ filter: /./, namespace: 'made' }, () => ({ contents, resolveDir: repository }));
      },
    },
  ],
});

function expectTheCure(said: Awaited<ReturnType<typeof runBundle>>, cause: string): void {
  for (const refused of [said.current, said.open, said.verify, said.begin, said.rollback]) {
    expect(refused.code).toBe('lock_unsupported');
    expect(refused.message).toContain(`does not load (${cause}`);
    expect(refused.message).toContain('externals of webpack');
    expect(refused.message).not.toContain('local disk');
  }
  expect(said.text).toBe('published');
}

// As webpack answers each import of it but the first, and older releases of esbuild.
test.each([
  ['nothing', 'export {}', 'it has no function tryLock'],
  ['an error, then nothing', thrownOnce('cannot find the addon'), 'cannot find the addon'],
])(
  'S10 S7 a bundle that has %s of the addon names that, each time',
  async (_title, contents, cause) => {
    expectTheCure(await runBundle(instead(contents)), cause);
  },
);

test('S10 S7 a bundle with the code of the addon and no addon, as Rollup makes one, says the same', async () => {
  const contents = 'let binding; export const tryLock = () => binding.tryLock();';
  expectTheCure(await runBundle(instead(contents)), 'Cannot read properties of undefined');
});

test('S10 S7 a bundle that has the addon as a default export alone has its locks', async () => {
  const contents = `
    import { createRequire } from 'node:module';
    export default createRequire(${JSON.stringify(import.meta.url)})('fs-native-extensions');
  `;
  const said = await runBundle(instead(contents));
  expect(said).toMatchObject({ current: 'done', open: 'done', verify: 'done', begin: 'done' });
});

describe.each(['esm', 'cjs'] as const)('code that was bundled as %s', (format) => {
  test('S10 S7 has no locks: it is told the cause and the cure, and reads without if it asks', async () => {
    const said = await runBundle({ format });
    for (const refused of [said.current, said.open, said.verify, said.begin, said.rollback]) {
      expect(refused.code).toBe('lock_unsupported');
      expect(refused.cause).toMatch(/Error: /);
      // The true cause, by what it says itself.
      expect(refused.message).toContain(refused.cause.replace(/^\w*Error: /, '').split('\n')[0]);
      for (const cure of ['external of esbuild', 'externals of webpack', 'serverExternalPackages'])
        expect(refused.message).toContain(cure);
      for (const cure of ['ssr.external', '@offstage/node-fs', 'fs-native-extensions'])
        expect(refused.message).toContain(cure);
      expect(refused.message).toContain('{ lease: false }');
      expect(refused.message).not.toContain('local disk');
    }
    expect([said.text, said.opened, said.verified]).toEqual(['published', 'published', true]);
  });

  test('S10 S7 has them again by that cure', async () => {
    const external = ['@offstage/core', '@offstage/node-fs', 'fs-native-extensions'];
    const said = await runBundle({ format, external });
    expect(said).toMatchObject({ current: 'done', open: 'done', verify: 'done', begin: 'done' });
  });
});
