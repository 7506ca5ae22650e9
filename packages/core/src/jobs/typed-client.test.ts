import { expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod/mini';
import { InlineExecutor } from './inline-executor.ts';
import { defineJob } from './job-definition.ts';
import { handle } from './job-handler.ts';
import { JobManager } from './job-manager.ts';

const input = z.object({ text: z.string() });
const result = z.object({ words: z.number() });
const count = defineJob({ name: 'count', input, result, phases: ['read', 'done'] });

test('J2 get, poll and wait take a definition for the types of a plain id, with no cast', async () => {
  const perform = handle(count, ({ input }) => ({ words: input.text.split(' ').length }));
  const manager = new JobManager({ executor: new InlineExecutor([perform]) });
  const jobs = manager.forOwner('alice');
  const plainId: string = (await jobs.start(count, { text: 'all at once' })).id;
  const end = await jobs.wait(plainId, { definition: count, timeoutMs: 10_000 });
  expectTypeOf(end.progress?.phase).toEqualTypeOf<'read' | 'done' | undefined>();
  expectTypeOf(end.result).toEqualTypeOf<{ words: number } | undefined>();
  expect(end.result?.words).toBe(3);
  const { job, events } = await jobs.poll(plainId, { definition: count, after: 0 });
  expectTypeOf(events[0]?.phase).toEqualTypeOf<'read' | 'done' | undefined>();
  expect(job?.result?.words).toBe(3);
  const view = await jobs.get(plainId, { definition: count });
  expectTypeOf(view?.result).toEqualTypeOf<{ words: number } | undefined>();
  expect(view).toEqual(job);
  // @ts-expect-error: no such phase
  expect(view?.progress?.phase === 'write').toBe(false);
  expectTypeOf((await jobs.get(plainId))?.result).toBeUnknown();
});

test('J2 no phases at all fail to compile, and fail at run time', () => {
  const refused = expect.objectContaining({ code: 'invalid_definition' });
  // @ts-expect-error: at least one phase
  expect(() => defineJob({ name: 'none', input, result, phases: [] })).toThrow(refused);
  const names: readonly string[] = ['first', 'second'];
  expect(defineJob({ name: 'many', input, result, phases: names }).phases).toEqual(names);
  expect(defineJob({ ...count, name: 'copy' }).phases).toEqual(['read', 'done']);
});
