import { expect, onTestFinished, test } from 'vitest';
import { type LoaderProject, loaderProject } from '../../fixtures/loader-project.ts';

const main = `
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { paint } from './jobs.ts';

const executor = new WorkerExecutor({ entry: new URL('./paint.worker.ts', import.meta.url) });
const manager = new JobManager({ executor });
const client = manager.forOwner('alice');
try {
  const { id } = await client.start(paint, {});
  const end = await client.wait(id);
  console.log(end.status, end.result ?? end.failure);
} catch (error) {
  console.log(String(error));
}
await manager.shutdown();
`;

const jobs = `
import { defineJob } from '@offstage/core';
import { z } from 'zod';
export const paint = defineJob({ name: 'paint', input: z.unknown(), result: z.string(), phases: ['work'] });
`;

const worker = (extra: string, result: string): string => `
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { paint } from './jobs.ts';
${extra}
serveJobs([handle(paint, () => ${result})]);
`;

// Both have to be turned into other code: stripping types alone refuses them.
const transformed = `
import { Colour } from './colour.ts';
const seen: string[] = [];
function noted(_value: unknown, context: ClassMethodDecoratorContext) { seen.push(String(context.name)); }
class Painter { @noted paint() { return seen.join() + ' ' + Colour.Red; } }
`;
const colour = `export enum Colour { Red = 'red' }\n`;

const source = '--conditions=@offstage/source';
const tsx = import.meta.resolve('tsx');

function project(files: Readonly<Record<string, string>>): LoaderProject {
  const made = loaderProject({ 'main.ts': main, 'jobs.ts': jobs, ...files });
  onTestFinished(() => made.remove());
  return made;
}

test('W1 enums and decorators of an entry, and of what it imports, run under tsx', async () => {
  const made = project({
    'paint.worker.ts': worker(transformed, 'new Painter().paint()'),
    'colour.ts': colour,
  });
  expect(await made.run([source, '--import', tsx])).toBe('succeeded paint red');
});

test("W1 an entry of types alone runs under Node's own stripping", async () => {
  const made = project({ 'paint.worker.ts': worker("const red: string = 'red';", 'red') });
  expect(await made.run([source, '--disable-warning=ExperimentalWarning'])).toBe('succeeded red');
});

test("W4 what Node's own stripping refuses fails the start with its words", async () => {
  const made = project({
    'paint.worker.ts': worker(transformed, 'new Painter().paint()'),
    'colour.ts': colour,
  });
  const output = await made.run([source, '--disable-warning=ExperimentalWarning']);
  expect(output).toMatch(/enum is not supported in strip-only mode|Invalid or unexpected token/);
});

const development = `
import { readFileSync, writeFileSync } from 'node:fs';
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { late, paint, thread } from './jobs.ts';

const entry = new URL('./paint.worker.ts', import.meta.url);
const executor = new WorkerExecutor({ entry, threads: 2 });
const manager = new JobManager({ executor });
const client = manager.forOwner('alice');
const run = async (definition) => {
  const end = await client.wait((await client.start(definition, {})).id);
  return end.result ?? end.failure.code;
};
const edit = (name, from, to) =>
  writeFileSync(name, readFileSync(name, 'utf8').replaceAll(from, to));
const said = [await run(paint)];
const first = await run(thread);
said.push((await run(thread)) === first ? 'kept' : 'replaced');
edit('colour.ts', 'red', 'green!');
said.push(await run(paint), (await run(thread)) === first ? 'kept' : 'replaced');
edit('paint.worker.ts', 'paint:', 'painted:');
said.push(await run(paint));
edit('paint.worker.ts', '/* late */', "handle(late, () => 'late'),");
said.push(await run(late));
console.log(said.join(' '));
await manager.shutdown();
`;

const three = `
import { defineJob } from '@offstage/core';
import { z } from 'zod';
const job = (name: string) =>
  defineJob({ name, input: z.unknown(), result: z.unknown(), phases: ['work'] });
export const [paint, thread, late] = [job('paint'), job('thread'), job('late')];
`;

const edited = `
import { threadId } from 'node:worker_threads';
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { colour } from './colour.ts';
import { late, paint, thread } from './jobs.ts';
serveJobs([
  handle(paint, () => 'paint:' + colour),
  handle(thread, () => threadId),
  /* late */
]);
`;

test.each([
  ['tsx', ['--import', tsx]],
  ['type stripping', ['--disable-warning=ExperimentalWarning']],
])(
  'W1 in development an idle thread that runs edited files is replaced, with %s',
  async (_, options) => {
    const files = { 'jobs.ts': three, 'paint.worker.ts': edited };
    const made = project({
      ...files,
      'main.ts': development,
      'colour.ts': `export const colour: string = 'red';\n`,
    });
    const all = [source, ...options];
    expect(await made.run(all, { NODE_ENV: 'development' })).toBe(
      'paint:red kept paint:green! replaced painted:green! late',
    );
  },
);

test('W1 in production a thread stays, whatever becomes of its files', async () => {
  const made = project({
    'main.ts': development,
    'jobs.ts': three,
    'paint.worker.ts': edited,
    'colour.ts': `export const colour: string = 'red';\n`,
  });
  const output = await made.run([source, '--import', tsx], { NODE_ENV: 'production' });
  expect(output).toContain('unknown_definition');
});
