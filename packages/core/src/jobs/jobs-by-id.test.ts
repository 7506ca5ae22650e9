import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileArguments } from '../testing/hostile-options.ts';
import { JobsById, type JobWithId } from './jobs-by-id.ts';

class Member implements JobWithId<Member> {
  readonly id: string;
  older: Member | undefined;
  newer: Member | undefined;
  inBucket: Member | undefined;

  constructor(id: string) {
    this.id = id;
  }
}

function newestFirst(jobs: JobsById<Member>): string[] {
  const ids: string[] = [];
  for (let job = jobs.newest; job !== undefined; job = job.older) ids.push(job.id);
  return ids;
}

// The last two differ in their middle alone, and share a bucket.
const ids = ['a', 'b', 'c', 'd', '', 'aaaa-1-aaaa', 'aaaa-2-aaaa'];

test('J4 J8 jobs are found by their id alone, in the order of their start, one as well as many', () => {
  const step = fc.record({ adds: fc.boolean(), id: fc.constantFrom(...ids) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const jobs = new JobsById<Member>();
      const expected = new Map<string, Member>();
      for (const { adds, id } of steps) {
        const known = expected.get(id);
        if (adds && known === undefined) {
          const job = new Member(id);
          jobs.add(job);
          expected.set(id, job);
        } else if (!adds) {
          jobs.delete(known ?? new Member(id));
          expected.delete(id);
        }
        expect(jobs.size).toBe(expected.size);
        for (const each of [...ids, 'e']) {
          expect(jobs.get(each)).toBe(expected.get(each));
          expect(jobs.has(each)).toBe(expected.has(each));
        }
        expect(jobs.values()).toEqual([...expected.values()]);
        expect(newestFirst(jobs)).toEqual([...expected.keys()].reverse());
      }
    }),
  );
});

test('J8 J18 thousands of jobs come and go, and who has gone holds none of the others', () => {
  const jobs = new JobsById<Member>();
  const members = Array.from({ length: 5000 }, (_, number) => new Member(`job-${number}`));
  for (const job of members) jobs.add(job);
  expect(members.every((job) => jobs.get(job.id) === job)).toBe(true);
  const gone = members.filter((_, number) => number % 50 !== 0);
  for (const job of gone) {
    jobs.delete(job);
    jobs.delete(job);
  }
  expect(gone.some((job) => jobs.has(job.id))).toBe(false);
  expect(gone.some(({ older, newer, inBucket }) => older ?? newer ?? inBucket)).toBe(false);
  const left = members.filter((_, number) => number % 50 === 0);
  expect(jobs.values()).toEqual(left);
  expect(left.every((job) => jobs.get(job.id) === job)).toBe(true);
});

test.each([1, 2, 100])('F1 what is no text is the id of none of %i jobs', (count) => {
  const jobs = new JobsById<Member>();
  for (let number = 0; number < count; number += 1) jobs.add(new Member(`job-${number}`));
  for (const { options } of hostileArguments()) {
    if (typeof options !== 'string') expect(jobs.get(options as string)).toBe(undefined);
  }
});
