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
