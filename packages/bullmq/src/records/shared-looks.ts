import type { Clock, Timer } from '@offstage/core';
import type { Looked, LookRequest } from './job-store.ts';
import { SeenJob } from './seen-job.ts';

/** Looks at jobs of one owner, as a look of theirs. */
type LookAtMany = (
  owner: string,
  requests: readonly LookRequest[],
) => Promise<readonly (Looked | undefined)[]>;

export interface SharedLooksOptions {
  readonly lookAt: LookAtMany;
  readonly clock: Clock;
}

/** One look at a job, and all who wait for what it finds. */
class Look {
  readonly seen: Promise<SeenJob | undefined>;
  /** The oldest events that anybody wants; `undefined` while nobody wants any. */
  after: number | undefined;
  resolve: (seen: SeenJob | undefined) => void = () => {};
  reject: (error: unknown) => void = () => {};

  constructor() {
    this.seen = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

interface Shared {
  readonly key: string;
  readonly owner: string;
  readonly id: string;
  /** Looks that have no answer yet. */
  underWay: number;
  next: Look | undefined;
  /** `next` goes at the end of this turn. */
  isGathered: boolean;
  late: Timer | undefined;
}

// Whoever asks while a look is under way waits no longer than this for its answer.
const mostWaitMs = 100;
// A look holds Redis up for as long as it takes.
const readAtOnce = 200;

/**
 * Looks at jobs for all who watch them in this process: the streams, waits and observers of a job that a change
 * wakes share one look. What anybody is answered was looked at after they asked, so a look that is
 * under way serves nobody who comes later: they share the next one, which goes when that has its answer.
 *
 *   resting    nobody asks; nothing is held
 *   gathered   its look goes at the end of this turn; whoever asks until then shares it
 *   under way  Redis was asked; whoever asks now shares the look after
 *
 * So a job costs one look a round trip at most, however many watch it, and each is answered by the second one.
 */
export class SharedLooks {
  readonly #options: SharedLooksOptions;
  readonly #shared = new Map<string, Shared>();
  #gathered: Shared[] = [];

  constructor(options: SharedLooksOptions) {
    this.#options = options;
  }

  /** How many jobs are looked at, or are about to be. */
  get size(): number {
    return this.#shared.size;
  }

  look(owner: string, { id, after }: LookRequest): Promise<SeenJob | undefined> {
    const shared = this.#of(owner, id);
    if (shared.next === undefined) {
      shared.next = new Look();
      if (shared.underWay === 0) this.#gather(shared);
      else {
        shared.late = this.#options.clock.schedule(mostWaitMs, () => this.#gather(shared));
      }
    }
    const { next } = shared;
    if (after !== undefined) next.after = Math.min(after, next.after ?? Infinity);
    return next.seen;
  }

  #of(owner: string, id: string): Shared {
    // An owner's part of keys has no line feed in it.
    const key = `${owner}\n${id}`;
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const idle = { underWay: 0, next: undefined, isGathered: false, late: undefined };
      shared = { key, owner, id, ...idle };
      this.#shared.set(key, shared);
    }
    return shared;
  }

  #gather(shared: Shared): void {
    if (shared.isGathered) return;
    shared.isGathered = true;
    shared.late?.cancel();
    this.#gathered.push(shared);
    // All whom a change has woken ask within this turn.
    if (this.#gathered.length === 1) setImmediate(() => this.#send());
  }

  #send(): void {
    const byOwner = new Map<string, Shared[]>();
    for (const shared of this.#gathered.splice(0)) {
      const others = byOwner.get(shared.owner);
      if (others === undefined) byOwner.set(shared.owner, [shared]);
      else others.push(shared);
    }
    for (const [owner, all] of byOwner) {
      for (let first = 0; first < all.length; first += readAtOnce) {
        void this.#lookAt(owner, all.slice(first, first + readAtOnce));
      }
    }
  }

  /** Never rejects. */
  async #lookAt(owner: string, some: readonly Shared[]): Promise<void> {
    const looks = some.map((shared) => this.#begin(shared));
    try {
      const found = await this.#options.lookAt(
        owner,
        some.map(({ id }, index) => ({ id, after: looks[index]?.after })),
      );
      for (const [index, look] of looks.entries()) {
        const looked = found[index];
        look.resolve(looked === undefined ? undefined : new SeenJob(looked));
      }
    } catch (error) {
      for (const look of looks) look.reject(error);
    }
    for (const shared of some) this.#end(shared);
  }

  #begin(shared: Shared): Look {
    const look = shared.next ?? new Look();
    shared.next = undefined;
    shared.isGathered = false;
    shared.underWay += 1;
    return look;
  }

  #end(shared: Shared): void {
    shared.underWay -= 1;
    if (shared.next !== undefined) this.#gather(shared);
    else if (shared.underWay === 0) this.#shared.delete(shared.key);
  }
}
