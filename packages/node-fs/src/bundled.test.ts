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
