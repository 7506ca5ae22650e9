import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JobQueue } from './job-queue.ts';
import { type Ranked, RankedList } from './ranked-list.ts';

class Member implements Ranked<Member> {
  readonly id: number;
  rank = 0;
  previous: Member | undefined;
  next: Member | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

describe('RankedList', () => {
  test('J8 stands in rising rank, equal ranks as they came, whoever leaves', () => {
    const step = fc.record({ rank: fc.integer({ min: 0, max: 5 }), leave: fc.option(fc.nat(20)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const list = new RankedList<Member>();
        let model: Member[] = [];
        for (const [id, { rank, leave }] of steps.entries()) {
          const member = new Member(id);
          list.add(member, rank);
          model = [...model, member].sort((a, b) => a.rank - b.rank);
          const leaver = leave === null ? undefined : model[leave];
          if (leaver !== undefined) {
            list.remove(leaver);
            model = model.filter((each) => each !== leaver);
          }
          expect(walk(list)).toEqual(model.map(({ id: each }) => each));
          expect(list.size).toBe(model.length);
        }
      }),
    );
  });
});

function walk(list: RankedList<Member>): number[] {
  const ids: number[] = [];
  for (let member = list.first; member !== undefined; member = member.next) ids.push(member.id);
  return ids;
}

describe('JobQueue', () => {
  test('J8 gives slots in order, never more than there are', () => {
    const queue = new JobQueue<Member>(2);
    for (const id of [1, 2, 3, 4]) queue.push(new Member(id));
    expect([queue.take()?.id, queue.take()?.id, queue.take()?.id]).toEqual([1, 2, undefined]);
    queue.freeSlot();
    expect([queue.take()?.id, queue.take()?.id]).toEqual([3, undefined]);
    expect(queue.waiting).toBe(1);
  });

  test('J8 who leaves the line is passed over', () => {
    const queue = new JobQueue<Member>(1);
    const members = [1, 2, 3].map((id) => new Member(id));
    for (const member of members) queue.push(member);
    const [first, second] = members;
    if (first === undefined || second === undefined) throw new Error('members');
    queue.remove(first);
    queue.remove(second);
    expect(queue.take()?.id).toBe(3);
  });

  test('J7 a key is held until it is freed', () => {
    const queue = new JobQueue<Member>(1);
    queue.holdKey('corpus');
    expect(queue.isHeld('corpus')).toBe(true);
    queue.freeKey('corpus');
    expect(queue.isHeld('corpus')).toBe(false);
  });
});
