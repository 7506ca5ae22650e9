import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type OutputChunk, type OutputOptions, type Plugin, rollup } from 'rollup';
import { expect, onTestFinished, test } from 'vitest';
import { type LoaderProject, loaderProject } from '../../fixtures/loader-project.ts';
import { offstageWorkers } from './index.ts';

const run = promisify(execFile);

const files = {
  'shared/jobs.js': `
import { defineJob } from '@offstage/core';
import { z } from 'zod';
import { colour } from './colour.js';
export const paint = defineJob({ name: 'paint', input: z.unknown(), result: z.string(), phases: ['work'] });
export { colour };
`,
  'shared/colour.js': "export const colour = 'red';",
  'shared/late.js': "export const late = 'late';",
  'work/paint.worker.js': `
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { colour, paint } from '../shared/jobs.js';
serveJobs([handle(paint, async () => 'painted ' + colour + ' ' + (await import('../shared/late.js')).late)]);
`,
  'server.js': `
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { paint } from './shared/jobs.js';
import { late } from './shared/late.js';
console.log('listening', late);
export async function serve() {
  const entry = new URL('./work/paint.worker.js', import.meta.url);
  const manager = new JobManager({ executor: new WorkerExecutor({ entry }) });
  const client = manager.forOwner('alice');
  const end = await client.wait((await client.start(paint, {})).id);
  console.log(end.status, end.result ?? end.failure.message);
  await manager.shutdown();
}
`,
  'main.js': "import { serve } from './server.js';\nserve();\n",
};

function project(): LoaderProject {
  const made = loaderProject({});
  onTestFinished(() => made.remove());
  for (const folder of ['shared', 'work']) mkdirSync(path.join(made.folder, folder));
  for (const [name, text] of Object.entries(files)) made.write(name, text);
  return made;
}

async function built(made: LoaderProject, options: OutputOptions, plugins: readonly Plugin[] = []) {
  const bundle = await rollup({
    input: path.join(made.folder, 'main.js'),
    external: (id) => !/^[./]/.test(id),
    plugins: [offstageWorkers() satisfies Plugin, ...plugins],
  });
  const { output } = await bundle.write({ dir: path.join(made.folder, 'out'), ...options });
  await bundle.close();
  // Without the sources beside it, as where it is deployed.
  for (const folder of ['shared', 'work']) made.discard(folder);
  return output.filter((file) => file.type === 'chunk');
}

async function printed(made: LoaderProject, file: string): Promise<string> {
  const options = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await run(process.execPath, [...options, file], { cwd: made.folder });
  return stdout;
}

/** What Nitro makes of `import.meta`: the address of the entry, and of no chunk. */
const nitroMeta: Plugin = {
  name: 'nitro-meta',
  transform: (code) => code.replaceAll('import.meta.', 'globalThis._importMeta_.'),
  renderChunk: (code) =>
    `globalThis._importMeta_ ??= { url: 'file:///_entry.js' };\n${code.replaceAll('import.meta.', 'globalThis._importMeta_.')}`,
};

const formats: readonly [string, OutputOptions, readonly Plugin[], string][] = [
  ['as it is', {}, [], 'out/main.js'],
  [
    'as Nitro does, all it can in one chunk',
    {
      chunkFileNames: 'chunks/[name].mjs',
      manualChunks: (id) => (id.endsWith('server.js') ? 'nitro/nitro' : undefined),
    },
    [nitroMeta],
    'out/main.js',
  ],
  [
    'for CommonJS',
    { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    [],
    'out/main.cjs',
  ],
];

test.each(formats)(
  'W1 a server that Rollup builds %s holds its worker, which begins no second server',
  async (_title, options, plugins, file) => {
    const made = project();
    await built(made, options, plugins);
    expect(await printed(made, file)).toBe('listening late\nsucceeded painted red late\n');
  },
);

test('W1 a chunk that a worker loads holds only what that worker imports', async () => {
  const made = project();
  made.write(
    'work/other.worker.js',
    "import { colour } from '../shared/colour.js';\nimport './own.js';\nconsole.log(colour);\n",
  );
  made.write('work/own.js', 'console.log(1);');
  made.write(
    'server.js',
    `${files['server.js']}
export const others = [
  new URL('./work/other.worker.js', import.meta.url),
  new URL('./work/paint.worker.js', import.meta.url),
];`,
  );
  const manualChunks = () => 'all';
  const chunks = await built(made, { manualChunks });
  const modulesOf = (name: string): string[] => {
    const loaded = new Set(chunks.filter((chunk) => chunk.name === name));
    for (const { imports, dynamicImports } of loaded) {
      const next = (chunk: OutputChunk) => [...imports, ...dynamicImports].includes(chunk.fileName);
      for (const chunk of chunks.filter(next)) loaded.add(chunk);
    }
    const names = [...loaded].flatMap(({ moduleIds }) => moduleIds);
    return names.map((id) => path.basename(id)).sort();
  };
  expect(modulesOf('paint.worker')).toEqual(['colour.js', 'jobs.js', 'late.js', 'paint.worker.js']);
  expect(modulesOf('other.worker')).toEqual(['colour.js', 'other.worker.js', 'own.js']);
});

test('W1 a build that is watched names the source of a worker', () => {
  const context = {
    meta: { watchMode: true },
    emitFile: () => {
      throw new Error('Nothing is built.');
    },
  };
  const id = path.join(import.meta.dirname, 'rollup.test.ts');
  const source = pathToFileURL(path.join(import.meta.dirname, 'index.ts')).href;
  const built = offstageWorkers().transform.call(
    context,
    "({ entry: new URL('./index.ts', import.meta.url) })",
    id,
  );
  expect(built?.code).toBe(`({ entry: new URL("${source}") })`);
});
