import type { Clock, Timer } from '@offstage/core';
import { wasAnswered } from '../redis/redis-errors.ts';
import { isJobId } from '../shared/names.ts';
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

/** Whoever asks for some jobs, until all of them were found. */
interface Asking {
  readonly seen: (SeenJob | undefined)[];
  left: number;
  resolve(seen: readonly (SeenJob | undefined)[]): void;
  reject(error: unknown): void;
}

/** One look at a job, and all who wait for what it finds, each with its place among what they asked for. */
interface Look {
  readonly id: string;
  readonly askings: Asking[];
  readonly places: number[];
  /** The oldest events that anybody wants; `undefined` while nobody wants any. */
  after: number | undefined;
}

interface Shared {
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
  readonly #owners = new Map<string, Map<string, Shared>>();
  #gathered: Shared[] = [];

  constructor(options: SharedLooksOptions) {
    this.#options = options;
  }

  /** How many jobs are looked at, or are about to be. */
  get size(): number {
    return [...this.#owners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** In the order asked; `undefined` for what is gone or another owner's. */
  look(owner: string, requests: readonly LookRequest[]): Promise<readonly (SeenJob | undefined)[]> {
    return new Promise((resolve, reject) => {
      const left = requests.length;
      const seen = new Array<SeenJob | undefined>(left).fill(undefined);
      const asking: Asking = { seen, left, resolve, reject };
      if (left === 0) resolve(seen);
      requests.forEach((request, place) => {
        this.#ask(owner, request, asking, place);
      });
    });
  }

  #ask(owner: string, { id, after }: LookRequest, asking: Asking, place: number): void {
    if (!isJobId(id)) {
      this.#answer(asking, place, undefined);
      return;
    }
    const shared = this.#of(owner, id);
    shared.next ??= this.#newLook(shared);
    const { next } = shared;
    next.askings.push(asking);
    next.places.push(place);
    if (after !== undefined) next.after = Math.min(after, next.after ?? after);
  }

  #answer(asking: Asking, place: number, seen: SeenJob | undefined): void {
    asking.seen[place] = seen;
    asking.left -= 1;
    if (asking.left === 0) asking.resolve(asking.seen);
  }

  #of(owner: string, id: string): Shared {
    let jobs = this.#owners.get(owner);
    if (jobs === undefined) {
      jobs = new Map();
      this.#owners.set(owner, jobs);
    }
    let shared = jobs.get(id);
    if (shared === undefined) {
      const idle = { underWay: 0, next: undefined, isGathered: false, late: undefined };
      shared = { owner, id, ...idle };
      jobs.set(id, shared);
    }
    return shared;
  }

  #forget({ owner, id }: Shared): void {
    const jobs = this.#owners.get(owner);
    jobs?.delete(id);
    if (jobs?.size === 0) this.#owners.delete(owner);
  }

  #newLook(shared: Shared): Look {
    if (shared.underWay === 0) this.#gather(shared);
    else shared.late = this.#options.clock.schedule(mostWaitMs, () => this.#gather(shared));
    return newLook(shared.id);
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
    await this.#carryOut(owner, looks);
    for (const shared of some) this.#end(shared);
  }

  async #carryOut(owner: string, looks: readonly Look[]): Promise<void> {
    let found: readonly (Looked | undefined)[];
    try {
      found = await this.#options.lookAt(
        owner,
        looks.map(({ id, after }) => ({ id, after })),
      );
    } catch (error) {
      // One that cannot be read is no matter of the others.
      if (looks.length > 1 && wasAnswered(error)) {
        await Promise.all(looks.map((look) => this.#carryOut(owner, [look])));
      } else {
        for (const { askings } of looks) for (const asking of askings) asking.reject(error);
      }
      return;
    }
    looks.forEach(({ askings, places }, index) => {
      const looked = found[index];
      const seen = looked === undefined ? undefined : new SeenJob(looked);
      askings.forEach((asking, nth) => {
        this.#answer(asking, places[nth] ?? 0, seen);
      });
    });
  }

  #begin(shared: Shared): Look {
    const look = shared.next ?? newLook(shared.id);
    shared.next = undefined;
    shared.isGathered = false;
    shared.underWay += 1;
    return look;
  }

  #end(shared: Shared): void {
    shared.underWay -= 1;
    if (shared.next !== undefined) this.#gather(shared);
    else if (shared.underWay === 0) this.#forget(shared);
  }
}

const newLook = (id: string): Look => ({ id, askings: [], places: [], after: undefined });
