import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobsById } from './jobs-by-id.ts';

test('J4 J8 jobs are found by their id alone, in the order of their start, one as well as many', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.record({ adds: fc.boolean(), id });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const jobs = new JobsById<object>();
      const expected = new Map<string, object>();
      for (const { adds, id } of steps) {
        if (adds && !expected.has(id)) {
          const job = {};
          jobs.add(id, job);
          expected.set(id, job);
        } else if (!adds) {
          jobs.delete(id);
          expected.delete(id);
        }
        expect(jobs.size).toBe(expected.size);
        for (const each of ['a', 'b', 'c', 'd', '']) {
          expect(jobs.get(each)).toBe(expected.get(each));
          expect(jobs.has(each)).toBe(expected.has(each));
        }
        expect([...jobs.values()]).toEqual([...expected.values()]);
      }
    }),
  );
});
