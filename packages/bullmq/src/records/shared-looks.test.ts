import { simulatedClock } from '@offstage/core/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobRecord } from './job-record.ts';
import type { LookRequest } from './job-store.ts';
import { SharedLooks } from './shared-looks.ts';

const [a, b] = ['a-job-of-alice', 'another-job'];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A Redis whose job has a new version after each change; what it answers, and when, the test says. */
class Answering {
  version = 0;
  mostUnderWay = 0;
  readonly asked: LookRequest[] = [];
  readonly arriving: (() => void)[] = [];
  readonly answering: (() => void)[] = [];
  readonly failing: (() => void)[] = [];
  #underWay = 0;

  lookAt = async (_owner: string, requests: readonly LookRequest[]) => {
    this.asked.push(...requests);
    this.#underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    await new Promise<void>((arrive) => this.arriving.push(arrive));
    const found = requests.map(({ id }) => ({
      record: { id, rev: String(this.version) } as JobRecord,
      events: [],
    }));
    try {
      await new Promise<void>((answer, fail) => {
        this.answering.push(answer);
        this.failing.push(() => fail(new Error('cut off')));
      });
    } finally {
      this.#underWay -= 1;
    }
    return found;
  };

  answer(): void {
    this.failing.shift();
    this.answering.shift()?.();
  }

  fail(): void {
    this.answering.shift();
    this.failing.shift()?.();
  }
}

type Step = 'ask' | 'change' | 'turn' | 'arrive' | 'answer' | 'fail' | 'late';

test('E3 all who ask for a job share a look that was sent after they asked, and none is left without an answer', async () => {
  const steps = fc.constantFrom<Step>(
    'ask',
    'ask',
    'change',
    'turn',
    'arrive',
    'answer',
    'fail',
    'late',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (all) => {
      const clock = simulatedClock();
      const redis = new Answering();
      const looks = new SharedLooks({ lookAt: redis.lookAt, clock });
      const answers: Promise<void>[] = [];
      let isOpen = true;
      const take = async (step: Step): Promise<void> => {
        if (step === 'ask') {
          const before = redis.version;
          const told = looks.look('alice', [{ id: a }]).then(
            ([seen]) => expect(Number(seen?.record.rev)).toBeGreaterThanOrEqual(before),
            (error) => expect(error).toMatchObject({ message: 'cut off' }),
          );
          answers.push(told);
        } else if (step === 'change') redis.version += 1;
        else if (step === 'arrive') redis.arriving.shift()?.();
        else if (step === 'answer') redis.answer();
        else if (step === 'fail') redis.fail();
        else if (step === 'late') await clock.advance(100);
        await (step === 'turn' ? turn() : Promise.resolve());
      };
      for (const step of all) await take(step);
      const done = Promise.all(answers).then(() => {
        isOpen = false;
      });
      while (isOpen)
        for (const step of ['turn', 'arrive', 'turn', 'answer', 'turn'] as const) await take(step);
      await done;
      const lates = all.filter((step) => step === 'late').length;
      expect(redis.mostUnderWay).toBeLessThanOrEqual(1 + lates);
      expect(looks.size).toBe(0);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('E3 a look brings the events of whoever has read the fewest, to those alone who want any', async () => {
  const redis = new Answering();
  const looks = new SharedLooks({ lookAt: redis.lookAt, clock: simulatedClock() });
  const asked = [
    looks.look('alice', [{ id: a }]),
    looks.look('alice', [{ id: a, after: 7 }]),
    looks.look('alice', [{ id: a, after: 3 }]),
    looks.look('alice', [{ id: b }]),
    looks.look('bob', [{ id: a }]),
  ];
  await turn();
  for (const _ of asked) redis.arriving.shift()?.();
  await turn();
  for (const _ of asked) redis.answer();
  const seen = (await Promise.all(asked)).flat();
  expect(redis.asked).toEqual([
    { id: a, after: 3 },
    { id: b, after: undefined },
    { id: a, after: undefined },
  ]);
  // What one look has found is one thing, of one owner.
  expect(new Set(seen.slice(0, 3)).size).toBe(1);
  expect(seen[4]).not.toBe(seen[0]);
});

test('E6 a look that has no answer keeps nobody waiting who comes later', async () => {
  const redis = new Answering();
  const clock = simulatedClock();
  const looks = new SharedLooks({ lookAt: redis.lookAt, clock });
  const stuck = looks.look('alice', [{ id: a }]);
  await turn();
  const later = looks.look('alice', [{ id: a }]);
  await clock.advance(100);
  await turn();
  expect(redis.asked).toHaveLength(2);
  redis.arriving.pop()?.();
  await turn();
  redis.answer();
  expect((await later)[0]?.record.id).toBe(a);
  redis.arriving.pop()?.();
  await turn();
  redis.answer();
  await stuck;
  await turn();
  expect(looks.size).toBe(0);
});
