import { type Ranked, RankedList } from './ranked-list.ts';

/**
 * Who waits, who runs, and which exclusivity keys are held.
 *
 *   push ──> waiting ──take──> holds a slot ──freeSlot──> gone
 *               └──────remove (canceled)──────────────────┘
 *
 * At most `concurrency` members hold a slot (J8). A key is held from `holdKey` to `freeKey`, whatever
 * becomes of its holder's place in the line (J7). Every step costs O(1); the line is ordered by a
 * rank, so that priorities need another rank and nothing else.
 */
export class JobQueue<T extends Ranked<T>> {
  readonly #concurrency: number;
  readonly #waiting = new RankedList<T>();
  readonly #keys = new Set<string>();
  #order = 0;
  #slots = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get hasFreeSlot(): boolean {
    return this.#slots < this.#concurrency;
  }

  push(member: T): void {
    this.#order += 1;
    this.#waiting.add(member, this.#order);
  }

  /** The next in line together with a slot, while there is one. */
  take(): T | undefined {
    const member = this.hasFreeSlot ? this.#waiting.first : undefined;
    if (member !== undefined) {
      this.#waiting.remove(member);
      this.#slots += 1;
    }
    return member;
  }

  /** Leaves the line without a slot. */
  remove(member: T): void {
    this.#waiting.remove(member);
  }

  freeSlot(): void {
    this.#slots -= 1;
  }

  isHeld(key: string): boolean {
    return this.#keys.has(key);
  }

  holdKey(key: string): void {
    this.#keys.add(key);
  }

  freeKey(key: string): void {
    this.#keys.delete(key);
  }
}
