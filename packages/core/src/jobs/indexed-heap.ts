/** What a heap keeps in its members, so that it finds them again. */
export interface Heaped {
  /** Where the member stands; `-1` while it is in no heap. */
  heapIndex: number;
}

/**
 * A binary heap whose members know their place: the first is there at once, and joining, leaving from
 * anywhere and a change of rank cost O(log n). A member is in at most one heap at a time.
 *
 * What `before` compares must change only right before `place`, one member at a time.
 */
export class IndexedHeap<T extends Heaped> {
  readonly #members: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get first(): T | undefined {
    return this.#members[0];
  }

  get size(): number {
    return this.#members.length;
  }

  /** Joins, or stands where its rank now puts it. */
  place(member: T): void {
    if (member.heapIndex === -1) {
      member.heapIndex = this.#members.length;
      this.#members.push(member);
      this.#rise(member);
    } else if (!this.#rise(member)) {
      this.#sink(member);
    }
  }

  /** Leaves; nothing happens to who is not in it. */
  remove(member: T): void {
    if (member.heapIndex === -1) return;
    const last = this.#members.pop();
    if (last !== undefined && last !== member) {
      last.heapIndex = member.heapIndex;
      this.#members[last.heapIndex] = last;
      if (!this.#rise(last)) this.#sink(last);
    }
    member.heapIndex = -1;
  }

  #rise(member: T): boolean {
    const members = this.#members;
    const from = member.heapIndex;
    let at = from;
    while (at > 0) {
      const parent = members[(at - 1) >> 1];
      if (parent === undefined || !this.#before(member, parent)) break;
      members[at] = parent;
      parent.heapIndex = at;
      at = (at - 1) >> 1;
    }
    members[at] = member;
    member.heapIndex = at;
    return at !== from;
  }

  #sink(member: T): void {
    const members = this.#members;
    let at = member.heapIndex;
    for (;;) {
      let child = members[2 * at + 1];
      const right = members[2 * at + 2];
      if (child === undefined) break;
      if (right !== undefined && this.#before(right, child)) child = right;
      if (!this.#before(child, member)) break;
      const from = child.heapIndex;
      members[at] = child;
      child.heapIndex = at;
      at = from;
    }
    members[at] = member;
    member.heapIndex = at;
  }
}
