/** What a list keeps in its members, so that joining and leaving allocate nothing. */
export interface Ranked<T> {
  /** Members stand in rising rank; equal ranks in the order in which they came. */
  rank: number;
  previous: T | undefined;
  next: T | undefined;
}

/**
 * A linked list through its members, ordered by rank: joining at the end and leaving from anywhere
 * cost O(1). A member is in at most one list at a time.
 */
export class RankedList<T extends Ranked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  add(member: T, rank: number): void {
    let before = this.#last;
    while (before !== undefined && before.rank > rank) before = before.previous;
    const after = before === undefined ? this.#first : before.next;
    member.rank = rank;
    member.previous = before;
    member.next = after;
    if (before === undefined) this.#first = member;
    else before.next = member;
    if (after === undefined) this.#last = member;
    else after.previous = member;
    this.#size += 1;
  }

  /** The member must be in this list. */
  remove(member: T): void {
    const { previous, next } = member;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    member.previous = undefined;
    member.next = undefined;
    this.#size -= 1;
  }
}
