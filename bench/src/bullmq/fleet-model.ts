/**
 * A fleet, simulated event by event: jobs arrive, take slots, report, end, and are watched; all of them meet at
 * one Redis, which does one thing at a time. What each thing costs it is measured, not guessed.
 *
 * A queue has one Redis. A fleet with several queues is as many of these, each with its share of all.
 */

/** Processor time of Redis, in seconds for each. */
export interface Costs {
  /** Admits a job and gives it to BullMQ. */
  readonly start: number;
  /** Takes a job and begins its attempt, or ends it: half of the two together. */
  readonly step: number;
  /** A batch of progress, told to nobody. */
  readonly progress: number;
  /** A message to one more process that listens. */
  readonly delivery: number;
  /** A request of an observer, and each job in it. */
  readonly look: number;
  readonly lookAtJob: number;
  /** A process that waits for jobs, for a second. */
  readonly idle: number;
}

export interface Fleet {
  /** Processes that run jobs, and how many jobs each runs at once. */
  readonly workers: number;
  readonly slots: number;
  /** Jobs that begin in a second, and how long one takes. */
  readonly jobsPerSecond: number;
  readonly jobSeconds: number;
  /** Batches of progress that a running job writes in a second. */
  readonly reportsPerSecond: number;
  /** Who watches a job that runs: all of them together. */
  readonly observers: number;
  /** Each asks once in so many seconds; 0 asks when a message says that there is something. */
  readonly pollSeconds: number;
  /** Processes that observers are connected to. */
  readonly webServers: number;
  /** Queues, each with a Redis of its own. */
  readonly queues: number;
}

export interface FleetLoad {
  /** Of the processor that a Redis can use: 1 is all of it. */
  readonly busy: number;
  /** How long what is asked of Redis waits for its answer, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** It falls behind, and more so the longer it lasts. */
  readonly isSaturated: boolean;
}

const simulatedSeconds = 4;
/** Beyond this the wait of Redis only grows. */
const hopelessSeconds = 0.5;

/** `random`: from 0 to 1, 1 excluded. */
export function simulateFleet(fleet: Fleet, costs: Costs, random: () => number): FleetLoad {
  const share = 1 / fleet.queues;
  const workers = fleet.workers * share;
  const slots = Math.max(1, Math.round(workers * fleet.slots));
  const arrivals = fleet.jobsPerSecond * share;
  const observers = fleet.observers * share;
  const { jobSeconds, reportsPerSecond, pollSeconds } = fleet;
  const wait = (rate: number): number => -Math.log(1 - random()) / rate;

  const events = new Events();
  const waits: number[] = [];
  let now = 0;
  let freeAt = 0;
  let busySeconds = 0;
  let waiting = 0;
  let running = 0;

  /** When what is asked now is answered. */
  const ask = (cost: number): number => {
    freeAt = Math.max(freeAt, now) + cost;
    busySeconds += cost;
    waits.push(freeAt - now);
    return freeAt;
  };
  const watchedBy = (): number => observers / Math.max(1, arrivals * jobSeconds);
  const tell = (cost: number): void => {
    const watchers = pollSeconds === 0 ? watchedBy() : 0;
    const hints = Math.min(fleet.webServers, watchers);
    ask(cost + hints * costs.delivery);
    // A message that so many have read is followed by their looks.
    for (let left = watchers; left > random(); left -= 1) ask(costs.look + costs.lookAtJob);
  };
  const begin = (): void => {
    while (waiting > 0 && running < slots) {
      waiting -= 1;
      running += 1;
      const begunAt = ask(costs.step);
      events.add(begunAt + wait(1 / jobSeconds), 'end');
    }
  };

  // As it is after a long time: so many jobs run already.
  for (let left = Math.min(slots, Math.round(arrivals * jobSeconds)); left > 0; left -= 1) {
    running += 1;
    events.add(wait(1 / jobSeconds), 'end');
  }
  const streams = {
    arrive: () => arrivals,
    report: () => running * reportsPerSecond,
    poll: () => (pollSeconds === 0 ? 0 : observers / pollSeconds),
    idle: () => workers,
  } as const;
  const happens: Readonly<Record<keyof typeof streams | 'end', () => void>> = {
    arrive() {
      ask(costs.start);
      waiting += 1;
      begin();
    },
    end() {
      running -= 1;
      tell(costs.step);
      begin();
    },
    report: () => tell(costs.progress),
    poll: () => void ask(costs.look + costs.lookAtJob),
    idle: () => void ask(costs.idle),
  };
  const names = Object.keys(streams) as (keyof typeof streams)[];
  const next = (name: keyof typeof streams): void => {
    const rate = streams[name]();
    // Looked at again where nothing comes now.
    events.add(now + (rate === 0 ? 1 : wait(rate)), name);
  };
  for (const name of names) next(name);
  while (now < simulatedSeconds && freeAt - now < hopelessSeconds) {
    const { at, what } = events.take();
    now = at;
    if (what !== 'end' && streams[what]() === 0) next(what);
    else {
      happens[what]();
      if (what !== 'end') next(what);
    }
  }
  waits.sort((a, b) => a - b);
  const quantile = (of: number): number => 1000 * (waits[Math.floor(of * waits.length)] ?? 0);
  return {
    busy: busySeconds / now,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    isSaturated: now < simulatedSeconds || freeAt - now > 0.1,
  };
}

/** The most of something with which a fleet keeps up, within a hundredth. `fleetWith` has so much of it. */
export function mostThatKeepsUp(
  fleetWith: (amount: number) => Fleet,
  highest: number,
  costs: Costs,
  random: () => number,
): number {
  let [low, high] = [0, highest];
  while (high - low > highest / 10_000 && high - low > low / 100) {
    const middle = (low + high) / 2;
    const { busy, isSaturated } = simulateFleet(fleetWith(middle), costs, random);
    // A Redis that is busy for more than that has nothing left for a bad moment.
    if (isSaturated || busy > 0.7) high = middle;
    else low = middle;
  }
  return low;
}

/** The same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type What = 'arrive' | 'end' | 'report' | 'poll' | 'idle';

interface Event {
  readonly at: number;
  readonly what: What;
}

/** A heap: the earliest first. */
class Events {
  readonly #heap: Event[] = [];

  add(at: number, what: What): void {
    const heap = this.#heap;
    const event = { at, what };
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  take(): Event {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new RangeError('No event is left.');
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = (heap[right]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? right : left;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}
