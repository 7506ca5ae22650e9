import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build, type Plugin, type Rolldown } from 'vite';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildOnce } from '../../../../scripts/build-once.mjs';
import { type LoaderProject, loaderProject } from '../../fixtures/loader-project.ts';
import { offstageWorkers } from './index.ts';

const run = promisify(execFile);

// Vite resolves the packages as they are published.
beforeAll(() => buildOnce('@offstage/node-worker'), 120_000);

const job = (name: string): string => `
import { defineJob } from '@offstage/core';
import { z } from 'zod';
enum Colour { Red = 'red' }
export const ${name} = defineJob({ name: '${name}', input: z.unknown(), result: z.string(), phases: ['work'] });
export const colour: string = Colour.Red;
`;

const worker = `
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { colour, paint } from '../shared/jobs';
serveJobs([handle(paint, () => 'painted ' + colour)]);
`;

const main = (url: string): string => `
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { paint } from './shared/jobs';
const manager = new JobManager({ executor: new WorkerExecutor({ entry: ${url} }) });
const client = manager.forOwner('alice');
const end = await client.wait((await client.start(paint, {})).id);
console.log(end.status, end.result ?? end.failure.message);
await manager.shutdown();
`;

function project(url: string, entry: string): LoaderProject {
  const made = loaderProject({ 'main.ts': main(url) });
  onTestFinished(() => made.remove());
  for (const folder of ['shared', 'work']) mkdirSync(path.join(made.folder, folder));
  made.write('shared/jobs.ts', job('paint'));
  made.write(`work/${entry}`, worker);
  return made;
}

async function built(
  made: LoaderProject,
  ssr: boolean,
  output: Rolldown.OutputOptions = {},
): Promise<readonly string[]> {
  await build({
    root: made.folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [offstageWorkers() satisfies Plugin],
    build: {
      ssr,
      outDir: 'out',
      rolldownOptions: { input: path.join(made.folder, 'main.ts'), output },
    },
  });
  const files = readdirSync(path.join(made.folder, 'out'), { recursive: true });
  return files.map(String);
}

test.each([
  ["new URL('./work/paint.worker.ts', import.meta.url)", 'paint.worker.ts'],
  ["new URL('./work/paint.worker.js', import.meta.url)", 'paint.worker.ts'],
  ['new URL(\n  "./work/paint-things.ts",\n  import.meta.url,\n)', 'paint-things.ts'],
  ['new URL(`./work/paint.worker.mts`, import.meta.url)', 'paint.worker.mts'],
])('W1 a server build of Vite holds the worker of %j', async (url, entry) => {
  const made = project(url, entry);
  const files = await built(made, true);
  expect(files.filter((file) => file.includes('paint'))).toHaveLength(1);
  // Without the sources beside it, as where it is deployed.
  for (const folder of ['shared', 'work']) made.discard(folder);
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning', 'out/main.js'],
    { cwd: made.folder },
  );
  expect(stdout.trim()).toBe('succeeded painted red');
});

const all = { name: 'all', test: /\.ts$/, priority: 3 };

test.each<[string, Rolldown.OutputOptions]>([
  ['no chunk', {}],
  ['one chunk with all, by a function', { manualChunks: () => 'all' }],
  ['one chunk with all, by a group', { codeSplitting: { groups: [all] } }],
])('W1 a worker begins no second server where Vite is asked for %s', async (_title, output) => {
  const entry = "new URL('./work/paint.worker.ts', import.meta.url)";
  const made = project(entry, 'paint.worker.ts');
  made.write('main.ts', "console.log('listening');\nimport('./server.ts');\n");
  made.write('server.ts', main(entry));
  await built(made, true, output);
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning', 'out/main.js'],
    // A worker that begins a server begins one in its own worker.
    { cwd: made.folder, timeout: 20_000, killSignal: 'SIGKILL' },
  );
  expect(stdout).toBe('listening\nsucceeded painted red\n');
});

test('W1 what a URL names that is no worker is left as it is', () => {
  const emitted: string[] = [];
  const context = {
    environment: { config: { consumer: 'server' } },
    emitFile: ({ id }: { readonly id: string }) => {
      emitted.push(id);
      return 'ref';
    },
  };
  const { transform } = offstageWorkers();
  const id = `${import.meta.dirname}/vite.test.ts`;
  for (const code of [
    "new URL('./logo.svg', import.meta.url)",
    "new URL('./missing.worker.ts', import.meta.url)",
    ['new URL(`./$', '{name}.worker.ts`, import.meta.url)'].join(''),
    "new URL('./index.ts', import.meta.url)",
    "new URL('./index.ts', base)",
  ]) {
    expect(transform.call(context, code, id)).toBeNull();
  }
  const entry = "({ entry: new URL('./index.ts', import.meta.url) })";
  const client = { ...context, environment: { config: { consumer: 'client' } } };
  expect(transform.call(client, entry, id)).toBeNull();
  expect(emitted).toEqual([]);
  expect(transform.call(context, entry, `${id}?used`)?.code).toBe(
    "({ entry: new URL('OFFSTAGE_WORKER_ref_END', 'OFFSTAGE_WORKER_BASE') })",
  );
});

test('W1 S10 K6 what finds a thread or an addon from its own place stays outside of the bundle', () => {
  expect(offstageWorkers().config().ssr.external).toEqual([
    '@offstage/core',
    '@offstage/node-worker',
    '@offstage/node-fs',
    '@offstage/sqlite',
    'fs-native-extensions',
  ]);
});
