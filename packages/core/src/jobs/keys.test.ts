import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ExclusivityKeys,
  type KeyMember,
  type OnConflict,
  readKey,
  readOnConflict,
} from './keys.ts';
import { refusedOption } from './shifting-clock.test-support.ts';

class Member implements KeyMember<Member> {
  previous: Member | undefined;
  next: Member | undefined;
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly exclusivityKey: string;

  constructor(id: number, owner: string, exclusivityKey = 'corpus', name = 'ingest') {
    this.id = id;
    this.owner = owner;
    this.exclusivityKey = exclusivityKey;
    this.name = name;
  }
}

/** One key as plain lists: the holder first, then those that wait, in order. */
class Model {
  readonly lines = new Map<string, { member: Member; replaces: boolean }[]>();

  line(key: string): { member: Member; replaces: boolean }[] {
    const line = this.lines.get(key) ?? [];
    this.lines.set(key, line);
    return line;
  }

  claim(member: Member, onConflict: OnConflict): string {
    const line = this.line(member.exclusivityKey);
    const [holder, second] = line;
    const entry = { member, replaces: onConflict === 'replace' };
    if (holder === undefined) {
      line.push(entry);
      return 'holds';
    }
    if (onConflict === 'queue') {
      line.push(entry);
      return 'waits';
    }
    const own = holder.member.owner === member.owner;
    if (onConflict === 'reject' || !own) return 'conflict';
    if (onConflict === 'join') {
      return holder.member.name === member.name ? `joins ${holder.member.id}` : 'conflict';
    }
    const replaced = second?.replaces === true ? second.member : undefined;
    line.splice(1, replaced === undefined ? 0 : 1, entry);
    return replaced === undefined
      ? `waits, stop ${holder.member.id}`
      : `waits, replaced ${replaced.id}`;
  }

  release(member: Member): number | undefined {
    const line = this.line(member.exclusivityKey);
    const index = line.findIndex((each) => each.member === member);
    if (index < 0) return undefined;
    line.splice(index, 1);
    const [next] = line;
    if (index > 0 || next === undefined) return undefined;
    next.replaces = false;
    return next.member.id;
  }

  get all(): Member[] {
    return [...this.lines.values()].flat().map(({ member }) => member);
  }
}

type Keys = ExclusivityKeys<Member>;
type Command = fc.Command<Model, Keys>;

function told(keys: Keys, member: Member, onConflict: OnConflict): string {
  const decision = keys.claim(member, onConflict);
  if (decision.type === 'joins') return `joins ${decision.holder.id}`;
  if (decision.type !== 'waits') return decision.type;
  const stop = decision.stop === undefined ? '' : `, stop ${decision.stop.id}`;
  return `waits${stop}${decision.replaced === undefined ? '' : `, replaced ${decision.replaced.id}`}`;
}

const step = (name: string, act: (model: Model, keys: Keys) => void): Command => ({
  check: () => true,
  run(model, keys) {
    act(model, keys);
    expect(keys.size).toBe([...model.lines.values()].filter((line) => line.length > 0).length);
    for (const [key, line] of model.lines) expect(keys.isHeld(key)).toBe(line.length > 0);
  },
  toString: () => name,
});

let ids = 0;
const claim = (owner: string, key: string, name: string, onConflict: OnConflict): Command =>
  step(`${owner} claims ${key} for ${name}, ${onConflict}`, (model, keys) => {
    const member = new Member(++ids, owner, key, name);
    expect(told(keys, member, onConflict)).toBe(model.claim(member, onConflict));
  });

// Holders at rest, and those that wait and are canceled, some of them twice.
const release = (index: number): Command =>
  step(`release ${index}`, (model, keys) => {
    const member = model.all[index % Math.max(1, model.all.length)];
    if (member === undefined) return;
    expect(keys.release(member)?.id).toBe(model.release(member));
    if (model.line(member.exclusivityKey).length > 0) expect(keys.release(member)).toBeUndefined();
  });

const claims = fc
  .tuple(
    fc.constantFrom('alice', 'alice', 'bob'),
    fc.constantFrom('a', 'b'),
    fc.constantFrom('ingest', 'ingest', 'other'),
    fc.constantFrom<OnConflict>('reject', 'join', 'queue', 'queue', 'replace', 'replace'),
  )
  .map((args) => claim(...args));

test('A8 J7 keys do what the model does: one holder, those that wait in order', () => {
  fc.assert(
    fc.property(
      fc.commands([claims, claims, fc.nat({ max: 20 }).map(release)], {
        maxCommands: 60,
        size: 'max',
      }),
      (script) => fc.modelRun(() => ({ model: new Model(), real: new ExclusivityKeys() }), script),
    ),
    { numRuns: 300 },
  );
});

test('A8 of several that wait to replace the newest stays, and comes before the queue', () => {
  const keys = new ExclusivityKeys<Member>();
  const [holder, queued, first, second, third] = [1, 2, 3, 4, 5].map(
    (id) => new Member(id, 'alice'),
  );
  if (!holder || !queued || !first || !second || !third) throw new Error('five');
  expect(told(keys, holder, 'reject')).toBe('holds');
  expect(told(keys, queued, 'queue')).toBe('waits');
  expect(told(keys, first, 'replace')).toBe('waits, stop 1');
  expect(told(keys, second, 'replace')).toBe('waits, replaced 3');
  expect(told(keys, third, 'replace')).toBe('waits, replaced 4');
  expect(keys.release(first)).toBeUndefined();
  expect(keys.release(holder)).toBe(third);
  expect(keys.release(third)).toBe(queued);
  expect(keys.release(queued)).toBeUndefined();
  expect(keys.size).toBe(0);
});

test('A8 nobody joins or replaces another owner’s job', () => {
  const keys = new ExclusivityKeys<Member>();
  keys.claim(new Member(1, 'alice'), 'reject');
  for (const onConflict of ['reject', 'join', 'replace'] as const) {
    expect(told(keys, new Member(2, 'bob'), onConflict)).toBe('conflict');
  }
  expect(told(keys, new Member(3, 'alice', 'corpus', 'other'), 'join')).toBe('conflict');
  expect(told(keys, new Member(4, 'alice'), 'join')).toBe('joins 1');
});

test('A8 J3 a key is 1 to 1,024 characters, and onConflict one of four', () => {
  expect([readKey(undefined), readKey('a'), readKey('k'.repeat(1024))?.length]).toEqual([
    undefined,
    'a',
    1024,
  ]);
  for (const key of ['', 'k'.repeat(1025), 'k'.repeat(1 << 20), 5, null, {}]) {
    expect(refusedOption(() => readKey(key))).toBe('exclusivityKey');
  }
  expect(() => readKey('secret'.repeat(1000))).toThrow(/^(?!.*secret)/);
  expect(readOnConflict(undefined)).toBe('reject');
  expect(readOnConflict('replace')).toBe('replace');
  for (const value of ['Replace', '', null, 1]) {
    expect(refusedOption(() => readOnConflict(value))).toBe('onConflict');
  }
});
