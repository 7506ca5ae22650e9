import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const refused = [
  ['packages/core/src/jobs/job.ts', 'node:fs'],
  ['packages/core/src/jobs/job.ts', 'p-queue'],
  ['packages/core/src/jobs/job.ts', '@offstage/node-fs'],
  ['packages/core/src/jobs/job.ts', './index.ts'],
  ['packages/core/src/jobs/schedules.ts', 'croner'],
  ['packages/core/src/jobs/cron.ts', 'zod'],
  ['packages/core/src/snapshots/draft.ts', 'react'],
  ['packages/core/src/snapshots/draft.ts', '../index.ts'],
  ['packages/node-worker/src/host/pool.ts', '@offstage/node-fs'],
  ['packages/node-worker/src/thread/serve-jobs.ts', '@offstage/node-fs'],
  ['packages/node-fs/src/storage.ts', '@offstage/node-worker/thread'],
  ['packages/node-fs/src/storage.ts', './index.ts'],
  ['packages/sqlite/src/thread/tables.ts', '@offstage/node-fs'],
  ['packages/bullmq/src/worker/bull-worker.ts', '@offstage/node-worker'],
] as const;

const allowed = [
  ['packages/core/src/jobs/job-manager.ts', 'eventemitter3'],
  ['packages/core/src/jobs/job-manager.ts', './job.ts'],
  ['packages/core/src/jobs/cron.ts', 'croner'],
  ['packages/core/src/snapshots/draft.ts', '../errors.ts'],
  ['packages/core/src/job.test.ts', 'vitest'],
  ['packages/node-worker/src/host/pool.ts', '@offstage/core'],
  ['packages/node-worker/src/host/pool.ts', 'node:worker_threads'],
  ['packages/node-fs/src/storage.ts', '@offstage/core/testing'],
  ['packages/sqlite/src/thread/tables.ts', '@offstage/core'],
  ['packages/bullmq/src/worker/bull-worker.ts', 'bullmq'],
  ['apps/demo/src/change/ingest.worker.ts', '@offstage/node-fs'],
] as const;

const userInterface = [
  ['apps/demo/src/change/ingest.worker.ts', 'react'],
  ['apps/demo/src/change/ingest.worker.ts', 'vue'],
  ['apps/demo/src/change/ingest.worker.ts', 'solid-js/web'],
  ['apps/demo/src/change/ingest.worker.ts', 'react-dom/client'],
  ['apps/demo/src/change/ingest.worker.ts', 'svelte/store'],
  ['apps/demo/src/change/ingest.worker.ts', '@offstage/react'],
  ['apps/demo/src/change/ingest.worker.ts', '@offstage/vue'],
  ['apps/demo/src/change/ingest.worker.ts', '@offstage/solid'],
  ['packages/node-worker/src/thread/serve-jobs.ts', 'react'],
  ['packages/node-worker/src/thread/serve-jobs.ts', 'vue'],
  ['packages/node-worker/src/thread/serve-jobs.ts', 'solid-js'],
] as const;

// One file an import, in a tree of the same shape with the same configuration, linted in one run.
const root = path.resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-boundaries-'));
const place = (file: string, specifier: string): string => {
  const name = `${specifier.replace(/[^a-z]/gi, '_')}-${path.basename(file)}`;
  return path.posix.join(path.posix.dirname(file), name);
};

cpSync(path.join(root, 'biome.json'), path.join(scratch, 'biome.json'));
spawnSync('git', ['init', '-q'], { cwd: scratch });
for (const [file, specifier] of [...refused, ...allowed, ...userInterface]) {
  const target = path.join(scratch, place(file, specifier));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, `import { thing } from '${specifier}';\nconsole.log(thing);\n`);
}
const { stdout } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
    'lint',
    '--only=style/noRestrictedImports',
    '--reporter=json',
    '--max-diagnostics=none',
    '.',
  ],
  { cwd: scratch, encoding: 'utf8' },
);
const report: { diagnostics: { message: string; location: { path: string } }[] } =
  JSON.parse(stdout);
const complaint = (file: string, specifier: string): string | undefined =>
  report.diagnostics.find(({ location }) => location.path === place(file, specifier))?.message;

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the direction of dependencies', () => {
  test.each(refused)('%s may not import %s', (file, specifier) => {
    expect(complaint(file, specifier)).toBeDefined();
  });

  test.each(allowed)('%s may import %s', (file, specifier) => {
    expect(complaint(file, specifier)).toBeUndefined();
  });

  test.each(userInterface)('W9 %s may not import %s', (file, specifier) => {
    expect(complaint(file, specifier)).toContain('W9');
  });
});
