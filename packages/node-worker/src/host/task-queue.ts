/** First in, first out. A member may also come back to the front, or leave from anywhere. */
export class TaskQueue<T> {
  /** Those that came back, the last of them in front. */
  readonly #front: T[] = [];
  readonly #items = new Set<T>();

  get size(): number {
    return this.#front.length + this.#items.size;
  }

  get first(): T | undefined {
    return this.#front.at(-1) ?? this.#items.values().next().value;
  }

  push(item: T): void {
    this.#items.add(item);
  }

  unshift(item: T): void {
    this.#front.push(item);
  }

  shift(): T | undefined {
    const item = this.#front.pop();
    if (item !== undefined) return item;
    for (const first of this.#items) {
      this.#items.delete(first);
      return first;
    }
    return undefined;
  }

  /** False when it is not here. */
  delete(item: T): boolean {
    const at = this.#front.indexOf(item);
    if (at < 0) return this.#items.delete(item);
    this.#front.splice(at, 1);
    return true;
  }

  /** Takes out all, or those that `which` names, in their order. */
  takeAll(which: (item: T) => boolean = () => true): readonly T[] {
    const taken = [...this.#front.toReversed(), ...this.#items].filter(which);
    for (const item of taken) this.delete(item);
    return taken;
  }
}
