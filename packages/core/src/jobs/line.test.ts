import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Line, readPriority } from './line.ts';
import { Member } from './line-member.test-support.ts';
import { refusedOption } from './shifting-clock.test-support.ts';

const closable = ['slow', 'rare'];

/** What a line should do, said as plainly as can be: lists and searches. */
class Model {
  waiting: Member[] = [];
  /** Owners by priority, the next one first. */
  readonly turns = new Map<number, string[]>();
  readonly closed = new Set<string>();

  push(member: Member): void {
    this.waiting.push(member);
    const turns = this.turns.get(member.priority) ?? [];
    if (!turns.includes(member.owner)) turns.push(member.owner);
    this.turns.set(member.priority, turns);
  }

  next(): Member | undefined {
    for (const priority of [...this.turns.keys()].sort((a, b) => b - a)) {
      for (const owner of this.turns.get(priority) ?? []) {
        const member = this.waiting.find(
          (each) => each.priority === priority && each.owner === owner && this.isOpen(each),
        );
        if (member !== undefined) return member;
      }
    }
    return undefined;
  }

  take(member: Member): void {
    const turns = this.turns.get(member.priority) ?? [];
    turns.push(...turns.splice(turns.indexOf(member.owner), 1));
    this.remove(member);
  }

  remove(member: Member): void {
    this.waiting = this.waiting.filter((each) => each !== member);
    const { owner, priority } = member;
    if (this.waiting.some((each) => each.owner === owner && each.priority === priority)) return;
    const turns = this.turns.get(priority) ?? [];
    turns.splice(turns.indexOf(owner), 1);
  }

  isOpen({ name, owner }: Member): boolean {
    return !this.closed.has(name) && !this.closed.has(`${name} ${owner}`);
  }
}

type Command = fc.Command<Model, Line<Member>>;

const compare = (model: Model, line: Line<Member>): void => {
  expect(line.size).toBe(model.waiting.length);
  expect(line.hasNext).toBe(model.next() !== undefined);
};

const step = (name: string, act: (model: Model, line: Line<Member>) => void): Command => ({
  check: () => true,
  run(model, line) {
    act(model, line);
    compare(model, line);
  },
  toString: () => name,
});

let ids = 0;
const push = (name: string, owner: string, priority: number): Command =>
  step(`push ${name} of ${owner} at ${priority}`, (model, line) => {
    const member = new Member(++ids, name, owner, priority);
    model.push(member);
    line.push(member);
  });

const take = step('take', (model, line) => {
  const expected = model.next();
  if (expected !== undefined) model.take(expected);
  expect(line.take()?.id).toBe(expected?.id);
});

const remove = (index: number): Command =>
  step(`remove ${index}`, (model, line) => {
    const member = model.waiting[index % Math.max(1, model.waiting.length)];
    if (member === undefined) return;
    model.remove(member);
    line.remove(member);
  });

const turnName = (name: string, open: boolean): Command =>
  step(`${open ? 'open' : 'close'} ${name}`, (model, line) => {
    if (open) model.closed.delete(name);
    else model.closed.add(name);
    if (open) line.openName(name);
    else line.closeName(name);
  });

const turnOwner = (name: string, owner: string, open: boolean): Command =>
  step(`${open ? 'open' : 'close'} ${name} of ${owner}`, (model, line) => {
    if (open) model.closed.delete(`${name} ${owner}`);
    else model.closed.add(`${name} ${owner}`);
    if (open) line.openOwner(name, owner);
    else line.closeOwner(name, owner);
  });

const owner = fc.constantFrom('alice', 'bob', 'carol');
const names = fc.constantFrom('plain', 'other', ...closable);
const pushes = fc.tuple(names, owner, fc.constantFrom(0, 0, 0, -1, 5)).map((args) => push(...args));

test('A6 A7 the line gives who the model gives, whoever joins, leaves, closes and opens', () => {
  const commands = [
    pushes,
    pushes,
    fc.constant(take),
    fc.constant(take),
    fc.nat({ max: 30 }).map(remove),
    fc.tuple(fc.constantFrom(...closable), fc.boolean()).map((args) => turnName(...args)),
    fc.tuple(fc.constantFrom(...closable), owner, fc.boolean()).map((args) => turnOwner(...args)),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 120, size: 'max' }), (script) => {
      fc.modelRun(() => ({ model: new Model(), real: new Line<Member>(closable) }), script);
    }),
    { numRuns: 400 },
  );
});

const drain = (line: Line<Member>): Member[] => {
  const taken: Member[] = [];
  for (let member = line.take(); member !== undefined; member = line.take()) taken.push(member);
  return taken;
};

test('A6 a thousand jobs of one owner hold up another owner’s one for a single turn', () => {
  const line = new Line<Member>();
  for (let id = 0; id < 1000; id += 1) line.push(new Member(id, 'plain', 'alice', 0));
  expect(line.take()?.id).toBe(0);
  line.push(new Member(1000, 'plain', 'bob', 0));
  line.push(new Member(1001, 'plain', 'carol', 1));
  expect(
    drain(line)
      .slice(0, 4)
      .map(({ id }) => id),
  ).toEqual([1001, 1, 1000, 2]);
});

test('A6 owners that wait are served equally often within one, over any prefix', () => {
  const counts = fc.array(fc.integer({ min: 5, max: 20 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(counts, (sizes) => {
      const line = new Line<Member>();
      for (const [index, size] of sizes.entries()) {
        for (let id = 0; id < size; id += 1) line.push(new Member(id, 'plain', `${index}`, 0));
      }
      const served = sizes.map(() => 0);
      for (let round = 0; round < 5 * sizes.length; round += 1) {
        const index = Number(line.take()?.owner);
        served[index] = (served[index] ?? 0) + 1;
        expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('A7 an owner that is passed over while it is closed is next when it opens', () => {
  const line = new Line<Member>(closable);
  for (const name of ['alice', 'bob', 'bob', 'carol']) {
    line.push(new Member(++ids, 'slow', name, 0));
  }
  line.closeOwner('slow', 'alice');
  expect([line.take()?.owner, line.take()?.owner]).toEqual(['bob', 'carol']);
  line.openOwner('slow', 'alice');
  expect(drain(line).map((member) => member.owner)).toEqual(['alice', 'bob']);
});

test('A6 a member that has left can join again, at the end', () => {
  const line = new Line<Member>();
  const [first, second] = [new Member(1, 'plain', 'alice', 0), new Member(2, 'plain', 'alice', 0)];
  line.push(first);
  line.push(second);
  line.remove(first);
  line.remove(first);
  line.push(first);
  expect(drain(line)).toEqual([second, first]);
  expect(line.size).toBe(0);
});

test('A6 a priority is a whole number within its bounds, 0 by default', () => {
  expect([undefined, 0, -0, 7, -1_000_000, 1_000_000].map(readPriority)).toEqual([
    0, 0, 0, 7, -1_000_000, 1_000_000,
  ]);
  const refused = [Number.NaN, Infinity, -Infinity, 0.5, 1_000_001, -1_000_001, '1', null, 1n, {}];
  for (const value of refused) expect(refusedOption(() => readPriority(value))).toBe('priority');
  expect(() => readPriority(0.5)).toThrow(
    'priority must be a whole number from -1,000,000 to 1,000,000; it is 0.5.',
  );
});
