import { OffstageError } from '../foundation/errors.ts';
import { requireWhole } from '../foundation/invalid-option.ts';
import { Chain, type Linked } from './chain.ts';
import { type Heaped, IndexedHeap } from './indexed-heap.ts';

/** What the line reads and keeps in its members, so that joining allocates little. */
export interface LineMember<T extends LineMember<T>> extends Linked<T> {
  /** The definition's. */
  readonly name: string;
  readonly owner: string;
  /** Higher first. */
  readonly priority: number;
  /** The line's own; `undefined` while the member is in none. */
  lane: Lane<T> | undefined;
  /** The line's own. */
  order: number;
}

/** The lowest and the highest priority; engines on other systems have room for no more. */
export const priorityBounds = { least: -1_000_000, most: 1_000_000 } as const;

/**
 * The priority of a start, 0 by default (A6).
 *
 * @throws OffstageError `invalid_option` unless it is a whole number from -1,000,000 to 1,000,000.
 */
export function readPriority(value: unknown): number {
  if (value === undefined) return 0;
  // -0 is 0, and looks like it everywhere.
  return requireWhole('priority', value, priorityBounds.least, priorityBounds.most) + 0;
}

/**
 * Who waits for a slot, and who is next (A6): the highest priority first; within a priority, owners
 * take turns; within an owner, the order of joining. Names, and owners of a name, that have reached a
 * limit (A7) are closed: their members keep their places and hold nobody up.
 *
 *   line ──> group of a name that can close, and one of all other names     (heap: best lane first)
 *              └──> account of an owner in it                               (heap: best lane first)
 *                     └──> lane of a priority in that                       (chain, order of joining)
 *
 * An owner's turn at a priority is one for all groups. Its stamp says when the owner last had it, or
 * began to wait; the oldest stamp is next. An owner that is passed over because it is closed keeps
 * its stamp, so that it is next when it opens.
 *
 * Every step costs O(log n) for each closable name that the owner waits for at that priority.
 */
export class Line<T extends LineMember<T>> {
  readonly #groups = new Map<string, Group<T>>();
  readonly #others = new Group<T>();
  /** There are names that can close. */
  readonly #isSplit: boolean;
  readonly #owners = new Map<string, Map<number, Turn<T>>>();
  readonly #ready = new IndexedHeap<Group<T>>(isBefore);
  /** The lane that was joined last: a burst of one owner's looks it up once. */
  #joined: Lane<T> | undefined;
  #order = 0;
  #stamp = 0;
  #size = 0;

  /** `closable`: the names that `closeName` and `closeOwner` may be called with. */
  constructor(closable: Iterable<string> = []) {
    for (const name of closable) this.#groups.set(name, new Group());
    this.#isSplit = this.#groups.size > 0;
  }

  /** All who wait, closed or not. */
  get size(): number {
    return this.#size;
  }

  /** Whether somebody waits whom `take` would give. */
  get hasNext(): boolean {
    return this.#ready.first !== undefined;
  }

  /** Joins at the end. The member must be in no line. */
  push(member: T): void {
    const lane = this.#laneOf(member);
    const wasEmpty = lane.members.first === undefined;
    this.#order += 1;
    this.#size += 1;
    member.order = this.#order;
    member.lane = lane;
    lane.members.append(member);
    lane.turn.size += 1;
    if (wasEmpty) this.#place(lane.account);
  }

  /** Takes out who is next, if there is one that is not closed. */
  take(): T | undefined {
    const lane = this.#ready.first?.ready.first?.lanes.first;
    const member = lane?.members.first;
    if (lane === undefined || member === undefined) return undefined;
    const { turn } = lane;
    this.#unlink(member, lane);
    // While one owner waits alone, its turns need not end.
    const endsTurn = turn.size > 0 && this.#owners.size > 1;
    if (endsTurn) this.#endTurn(turn);
    // A lane with members left has its place from the end of the turn. Without one, only the order of its
    // group has changed, which matters among several.
    const keepsPlace = lane.members.first !== undefined && (endsTurn || !this.#isSplit);
    if (!keepsPlace) this.#place(lane.account);
    return member;
  }

  /** Leaves from anywhere. The member must be in this line. */
  remove(member: T): void {
    const { lane } = member;
    if (lane === undefined) return;
    this.#unlink(member, lane);
    this.#place(lane.account);
  }

  closeName(name: string): void {
    const group = this.#closable(name);
    group.closed = true;
    this.#ready.remove(group);
  }

  openName(name: string): void {
    const group = this.#closable(name);
    group.closed = false;
    this.#placeGroup(group);
  }

  closeOwner(name: string, owner: string): void {
    const group = this.#closable(name);
    group.closedOwners.add(owner);
    const account = group.accounts.get(owner);
    if (account !== undefined) this.#place(account);
  }

  openOwner(name: string, owner: string): void {
    const group = this.#closable(name);
    group.closedOwners.delete(owner);
    const account = group.accounts.get(owner);
    if (account !== undefined) this.#place(account);
  }

  #closable(name: string): Group<T> {
    const group = this.#groups.get(name);
    if (group === undefined) {
      throw new OffstageError('invalid_option', `The line was made without closable "${name}".`);
    }
    return group;
  }

  #laneOf({ name, owner, priority }: T): Lane<T> {
    const group = (this.#isSplit ? this.#groups.get(name) : undefined) ?? this.#others;
    const joined = this.#joined;
    if (joined?.isOf(group, owner, priority) === true) return joined;
    let account = group.accounts.get(owner);
    if (account === undefined) {
      account = new Account(group, owner);
      group.accounts.set(owner, account);
    }
    let lane = account.byPriority.get(priority);
    if (lane === undefined) {
      lane = new Lane(account, this.#turnOf(owner, priority), priority);
      account.byPriority.set(priority, lane);
      account.lanes.place(lane);
      lane.turn.lanes.append(lane);
    }
    this.#joined = lane;
    return lane;
  }

  #turnOf(owner: string, priority: number): Turn<T> {
    let turns = this.#owners.get(owner);
    if (turns === undefined) {
      turns = new Map();
      this.#owners.set(owner, turns);
    }
    let turn = turns.get(priority);
    if (turn === undefined) {
      this.#stamp += 1;
      turn = new Turn(this.#stamp);
      turns.set(priority, turn);
    }
    return turn;
  }

  /** The account's place is for the caller to see to. */
  #unlink(member: T, lane: Lane<T>): void {
    const { account, priority, turn } = lane;
    lane.members.remove(member);
    member.lane = undefined;
    turn.size -= 1;
    this.#size -= 1;
    if (lane.members.first !== undefined) return;
    if (this.#joined === lane) this.#joined = undefined;
    account.lanes.remove(lane);
    account.byPriority.delete(priority);
    turn.lanes.remove(lane);
    if (account.lanes.size === 0) account.group.accounts.delete(account.owner);
    if (turn.size > 0) return;
    const turns = this.#owners.get(account.owner);
    turns?.delete(priority);
    if (turns?.size === 0) this.#owners.delete(account.owner);
  }

  #endTurn(turn: Turn<T>): void {
    this.#stamp += 1;
    turn.stamp = this.#stamp;
    for (let lane = turn.lanes.first; lane !== undefined; lane = lane.next) {
      if (lane.account.lanes.first === lane) this.#place(lane.account);
    }
  }

  #place(account: Account<T>): void {
    const { group, lanes, owner } = account;
    const { first } = lanes;
    if (first === undefined || group.closedOwners.has(owner)) {
      group.ready.remove(account);
    } else {
      account.rank(first.priority, first.turn.stamp, 0);
      group.ready.place(account);
    }
    this.#placeGroup(group);
  }

  #placeGroup(group: Group<T>): void {
    const best = group.ready.first?.lanes.first;
    if (best === undefined || group.closed) {
      this.#ready.remove(group);
    } else {
      group.rank(best.priority, best.turn.stamp, best.members.first?.order ?? 0);
      this.#ready.place(group);
    }
  }
}

/**
 * A copy of a lane's rank. Several change at once when an owner's turn ends; the copies change one by
 * one, each right before its heap puts it in its place.
 */
class Ranked implements Heaped {
  heapIndex = -1;
  priority = 0;
  stamp = 0;
  order = 0;

  rank(priority: number, stamp: number, order: number): void {
    this.priority = priority;
    this.stamp = stamp;
    this.order = order;
  }
}

function isBefore(a: Ranked, b: Ranked): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  // Equal stamps are one owner's.
  return a.stamp !== b.stamp ? a.stamp < b.stamp : a.order < b.order;
}

class Group<T extends LineMember<T>> extends Ranked {
  readonly accounts = new Map<string, Account<T>>();
  readonly ready = new IndexedHeap<Account<T>>(isBefore);
  readonly closedOwners = new Set<string>();
  closed = false;
}

class Account<T extends LineMember<T>> extends Ranked {
  readonly group: Group<T>;
  readonly owner: string;
  readonly lanes = new IndexedHeap<Lane<T>>(isHigher);
  readonly byPriority = new Map<number, Lane<T>>();

  constructor(group: Group<T>, owner: string) {
    super();
    this.group = group;
    this.owner = owner;
  }
}

/** An owner's members of one group and one priority. */
export class Lane<T extends LineMember<T>> implements Heaped, Linked<Lane<T>> {
  heapIndex = -1;
  previous: Lane<T> | undefined;
  next: Lane<T> | undefined;
  readonly account: Account<T>;
  readonly turn: Turn<T>;
  readonly priority: number;
  readonly members = new Chain<T>();

  constructor(account: Account<T>, turn: Turn<T>, priority: number) {
    this.account = account;
    this.turn = turn;
    this.priority = priority;
  }

  isOf(group: Group<T>, owner: string, priority: number): boolean {
    return (
      this.priority === priority && this.account.owner === owner && this.account.group === group
    );
  }
}

const isHigher = (a: { readonly priority: number }, b: { readonly priority: number }): boolean =>
  a.priority > b.priority;

class Turn<T extends LineMember<T>> {
  stamp: number;
  /** Members in all of its lanes. */
  size = 0;
  readonly lanes = new Chain<Lane<T>>();

  constructor(stamp: number) {
    this.stamp = stamp;
  }
}
