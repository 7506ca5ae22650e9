import { invalidOption } from '../foundation/invalid-option.ts';
import { Chain, type Linked } from './chain.ts';

/** What a start does where its exclusivity key is held. */
export type OnConflict = 'reject' | 'join' | 'queue' | 'replace';

/** What keys read and keep in their members. A member waits for a key or in a line, never in both. */
export interface KeyMember<T> extends Linked<T> {
  readonly name: string;
  readonly owner: string;
  readonly exclusivityKey: string | undefined;
}

/** What has to happen to a start with a key. Keys have noted it already. */
export type KeyDecision<T> =
  /** It holds the key from now on: it goes on to its due time and the line. */
  | { readonly type: 'holds' }
  /** It is refused with `conflict`, and nothing of it is left. */
  | { readonly type: 'conflict' }
  /** It is not started: the caller gets this one, which its owner started earlier. */
  | { readonly type: 'joins'; readonly holder: T }
  /** It waits until `release` names it. */
  | {
      readonly type: 'waits';
      /** To be asked to stop, with the reason `replaced`. */
      readonly stop: T | undefined;
      /** Waited to replace as well, and ends `canceled` with the reason `replaced`. */
      readonly replaced: T | undefined;
    };

const longestKey = 1024;

/** @throws OffstageError `invalid_option` unless it is a string of 1 to 1,024 characters, or undefined. */
export function readKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > longestKey) {
    throw invalidOption('exclusivityKey', 'a string of 1 to 1,024 characters', value);
  }
  return value;
}

/** @throws OffstageError `invalid_option` unless it is one of the four, or undefined. */
export function readOnConflict(value: unknown): OnConflict {
  if (value === undefined) return 'reject';
  if (value === 'reject' || value === 'join' || value === 'queue' || value === 'replace') {
    return value;
  }
  throw invalidOption('onConflict', "'reject', 'join', 'queue' or 'replace'", value);
}

/**
 * Who holds an exclusivity key, and who waits for it (J7, A8).
 *
 *   holder ──release──> replacer, else the first of the queue, else nobody
 *
 * A holder holds from `claim` until `release`, which is called when it is at rest, so two never
 * overlap. Only the owner of a holder replaces or joins it: to anyone else these are a conflict. As a
 * replacer comes right after the holder, ahead of the queue, there is never more than one of them.
 * Every step costs O(1).
 */
export class ExclusivityKeys<T extends KeyMember<T>> {
  readonly #claims = new Map<string, Claim<T>>();

  /** Keys that are held. */
  get size(): number {
    return this.#claims.size;
  }

  isHeld(key: string): boolean {
    return this.#claims.has(key);
  }

  /** The member must have a key, and be new to keys. */
  claim(member: T, onConflict: OnConflict): KeyDecision<T> {
    const key = member.exclusivityKey ?? '';
    const claim = this.#claims.get(key);
    if (claim === undefined) {
      this.#claims.set(key, new Claim(member));
      return { type: 'holds' };
    }
    if (onConflict === 'queue') {
      claim.queue.append(member);
      return { type: 'waits', stop: undefined, replaced: undefined };
    }
    const { holder } = claim;
    if (onConflict === 'reject' || holder.owner !== member.owner) return { type: 'conflict' };
    if (onConflict === 'join') {
      // A job of another definition has another result than the caller's types say.
      return holder.name === member.name ? { type: 'joins', holder } : { type: 'conflict' };
    }
    const { replacer } = claim;
    claim.replacer = member;
    return { type: 'waits', stop: replacer === undefined ? holder : undefined, replaced: replacer };
  }

  /**
   * A holder is at rest, or one that waits has ended without its turn. Answers who holds the key from
   * now on, where that has changed.
   */
  release(member: T): T | undefined {
    const key = member.exclusivityKey ?? '';
    const claim = this.#claims.get(key);
    if (claim === undefined) return undefined;
    if (claim.replacer === member) {
      claim.replacer = undefined;
    } else if (claim.holder !== member) {
      claim.leave(member);
    } else {
      const next = claim.promote();
      if (next === undefined) this.#claims.delete(key);
      return next;
    }
    return undefined;
  }
}

class Claim<T extends KeyMember<T>> {
  holder: T;
  replacer: T | undefined;
  readonly queue = new Chain<T>();

  constructor(holder: T) {
    this.holder = holder;
  }

  promote(): T | undefined {
    const next = this.replacer ?? this.queue.first;
    if (next === undefined) return undefined;
    if (this.replacer === next) this.replacer = undefined;
    else this.queue.remove(next);
    this.holder = next;
    return next;
  }

  leave(member: T): void {
    const waits = member.previous !== undefined || this.queue.first === member;
    if (waits) this.queue.remove(member);
  }
}
