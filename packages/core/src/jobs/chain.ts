/** What a chain keeps in its members, so that joining and leaving allocate nothing. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** A list through its members: joining at the end and leaving from anywhere cost O(1). */
export class Chain<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  /** The member must be in no chain. */
  append(member: T): void {
    const last = this.#last;
    member.previous = last;
    member.next = undefined;
    if (last === undefined) this.#first = member;
    else last.next = member;
    this.#last = member;
  }

  /** The member must be in this chain. */
  remove(member: T): void {
    const { previous, next } = member;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    member.previous = undefined;
    member.next = undefined;
  }
}
