import {
  bystanders,
  debris,
  isWhole,
  lookAt,
  type OpenReader,
  type OpenVersion,
  openVersion,
  type Sight,
  storeAt,
} from './crash-look.ts';
import { type Cut, runCutting } from './crash-run.ts';
import type {
  CrashPlace,
  CrashReport,
  CrashScenario,
  CrashViolation,
  ExploreOptions,
} from './crash-scenario.ts';
import { powerLosses } from './crash-states.ts';
import { type MemoryStorage, type MemoryStorageOptions, memoryStorage } from './memory-storage.ts';
import { settle, simulatedClock } from './simulated-clock.ts';

/**
 * Crashes a publish before each of its operations and after the last one (S17). For every disk that
 * may be found then - the process was killed, or the power went and each change that was not synced
 * was lost, kept or half made by itself - it checks that
 *
 * - CURRENT can be read, and every version that it names is whole and has no file too many;
 * - what was acknowledged is current, or else the old version or the new one;
 * - a recovery comes to its end, keeps the current version, leaves nothing over, and has nothing left
 *   to do when it is run again; cut off at each of its own operations, it leaves a disk of which all
 *   of this is true again;
 * - what readers have open stays, and what the layout does not name is never touched;
 * - the next publish comes to its end, with a higher generation, and lasts.
 *
 * It tries every outcome, and looks at each different disk once. An application can give it the
 * routine that it publishes with.
 *
 * @example
 * const report = await exploreCrashes({
 *   name: 'a nightly build of the index',
 *   setup: (place) => buildIndex(storeOn(place), 'Monday'),
 *   publish: (place) => buildIndex(storeOn(place), 'Tuesday'),
 * });
 * expect(report.violations).toEqual([]);
 */
export async function exploreCrashes(
  scenario: CrashScenario,
  options: ExploreOptions = {},
): Promise<CrashReport> {
  const exploration = new Exploration(scenario, options);
  return exploration.run();
}

/** A disk that a crash left. */
interface Found {
  readonly storage: MemoryStorage;
  /** The versions of which one must be current. */
  readonly allowed: ReadonlySet<string>;
  /** What processes have open that went on. */
  readonly open: readonly OpenVersion[];
  readonly trace: readonly string[];
  /** How many recoveries were cut off before. */
  readonly depth: number;
}

/** What is known of one of several equal disks. */
interface Known {
  /** What is current there, once somebody looked. */
  identity?: string;
  /** What must be, and why, until somebody looks. */
  readonly demands: Pick<Found, 'allowed' | 'trace'>[];
}

class Exploration {
  readonly #scenario: CrashScenario;
  readonly #disk: MemoryStorageOptions;
  readonly #depth: number;
  readonly #outcomesPerCrash: number;
  readonly #maxViolations: number;
  readonly #violations: CrashViolation[] = [];
  readonly #cut: string[] = [];
  readonly #known = new Map<string, Known>();
  readonly #recovered = new Set<string>();
  readonly #ahead: (readonly [Known, Found])[] = [];
  #bystanders = '';
  #crashPoints = 0;
  #recoveryCrashPoints = 0;
  #outcomes = 0;

  constructor(scenario: CrashScenario, options: ExploreOptions) {
    this.#scenario = scenario;
    this.#disk = scenario.disk ?? {};
    this.#depth = options.depth ?? 1;
    this.#outcomesPerCrash = options.outcomesPerCrash ?? 100_000;
    this.#maxViolations = options.maxViolations ?? 10;
  }

  async run(): Promise<CrashReport> {
    await this.#crashPublish();
    // In the order in which they were found: the depth of each is the least there is.
    for (let index = 0; index < this.#ahead.length && !this.#isOver(); index += 1) {
      const [known, found] = this.#ahead[index] ?? [];
      if (known !== undefined && found !== undefined) await this.#examine(known, found);
      delete this.#ahead[index];
      if (index % 256 === 0) await settle();
    }
    return {
      name: this.#scenario.name,
      crashPoints: this.#crashPoints,
      recoveryCrashPoints: this.#recoveryCrashPoints,
      outcomes: this.#outcomes,
      states: this.#known.size,
      recovered: this.#recovered.size,
      cut: this.#cut,
      violations: this.#violations,
    };
  }

  async #crashPublish(): Promise<void> {
    const { setup, publish, readers = [] } = this.#scenario;
    const first = memoryStorage(this.#disk);
    await setup?.(placeAt(first, 's'));
    const disk = first.afterPowerLoss('kept', this.#disk);
    this.#bystanders = bystanders(disk.files);
    const open: OpenReader[] = [];
    for (const { gen, from } of readers) {
      open.push({ version: await openVersion(placeAt(disk, 'v'), gen), from });
    }
    const run = await runCutting(disk, this.#disk, open, (storage) =>
      publish(placeAt(storage, 'p')),
    );
    this.#crashPoints = run.operations + 1;
    for (const problem of run.problems) this.#violate(problem, ['publish']);
    const allowed = new Set<string>();
    for (const cut of run.cuts) {
      const trace = [`publish, ${cut.at}`];
      const sight = await this.#look(cut.storage, trace);
      if (sight === undefined || this.#isOver()) return;
      // What was acknowledged stays.
      if (cut.isEnd) allowed.clear();
      allowed.add(sight.identity);
      await this.#crash(cut, new Set(allowed), trace, 0);
    }
  }

  /** Every disk that may be found when the machine stops there. */
  async #crash(
    cut: Cut,
    allowed: ReadonlySet<string>,
    trace: readonly string[],
    depth: number,
  ): Promise<void> {
    const { storage, open } = cut;
    this.#find({ storage, open, allowed, depth, trace: [...trace, 'the process was killed'] });
    const onLimit = (): void => void this.#cut.push(trace.join(', '));
    let outcomes = 0;
    for (const loss of powerLosses(storage, this.#disk, this.#outcomesPerCrash, onLimit)) {
      const what = `the power went: ${loss.what}`;
      this.#find({ storage: loss.storage, open: [], allowed, depth, trace: [...trace, what] });
      outcomes += 1;
      if (outcomes % 4096 === 0) await settle();
    }
  }

  #find(found: Found): void {
    this.#outcomes += 1;
    const { storage, open, allowed, trace } = found;
    // What a later loss of power may leave depends on what was to be there before.
    const demand = storage.pending().length > 0 ? [...allowed].join() : '';
    const key = [storage.fingerprint(), demand, ...open.map(({ content }) => content)].join(' ');
    const known = this.#known.get(key) ?? { demands: [] };
    if (known.identity !== undefined) this.#demand(known.identity, allowed, trace);
    else known.demands.push({ allowed, trace });
    if (this.#known.has(key)) return;
    this.#known.set(key, known);
    this.#ahead.push([known, found]);
  }

  /** Looks at a disk, recovers it, crashes the recovery, and publishes on what it left. */
  async #examine(known: Known, found: Found): Promise<void> {
    const { storage, open, trace, depth } = found;
    const sight = await this.#look(storage, trace);
    const { demands } = known;
    known.identity = sight?.identity ?? '';
    if (sight === undefined) return;
    for (const demand of demands.splice(0)) {
      this.#demand(sight.identity, demand.allowed, demand.trace);
    }

    const readers = open.map((version) => ({ version }));
    const run = await runCutting(storage, this.#disk, readers, (place) => this.#recover(place));
    const after = [...trace, 'a recovery'];
    for (const problem of run.problems) this.#violate(problem, after);
    if (run.problems.length > 0) return;
    await this.#examineRecovered(run.storage, open, sight, after);

    if (depth >= this.#depth) return;
    this.#recoveryCrashPoints += run.operations + 1;
    // What the power may still take back, a recovery that has ended may not.
    const settled = new Set([sight.identity]);
    const unsettled = storage.pending().length > 0 ? found.allowed : settled;
    for (const cut of run.cuts) {
      const crashed = [...trace, `a recovery, ${cut.at}`];
      await this.#crash(cut, cut.isEnd ? settled : unsettled, crashed, depth + 1);
    }
  }

  async #examineRecovered(
    machine: MemoryStorage,
    open: readonly OpenVersion[],
    before: Sight,
    trace: readonly string[],
  ): Promise<void> {
    const sight = await this.#look(machine, trace);
    if (sight === undefined) return;
    this.#demand(sight.identity, new Set([before.identity]), trace);
    const kept = [...sight.contents, ...open.map(({ content }) => content)];
    const left = debris(machine.files, kept);
    if (left.length > 0) this.#violate(`it left ${left.join(', ')}`, trace);
    const state = durableState(machine);
    const key = [state, ...kept].join(' ');
    if (this.#recovered.has(key)) return;
    this.#recovered.add(key);

    await this.#recover(machine.another(this.#disk));
    if (durableState(machine) !== state) {
      this.#violate('a second recovery changed something', trace);
    }
    await this.#examineOpen(machine, open, trace);
    await this.#publishAgain(machine, open, sight, [...trace, 'the next publish']);
  }

  async #publishAgain(
    machine: MemoryStorage,
    open: readonly OpenVersion[],
    before: Sight,
    trace: readonly string[],
  ): Promise<void> {
    const { publish, publishAgain = publish } = this.#scenario;
    try {
      await publishAgain(placeAt(machine.another(this.#disk), 'n'));
    } catch (error) {
      return this.#violate(`it failed: ${error}`, trace);
    }
    const sight = await this.#look(machine, trace);
    if (sight === undefined) return;
    if (sight.gen <= before.gen) {
      this.#violate(`generation ${before.gen} was followed by ${sight.gen}`, trace);
    }
    await this.#examineOpen(machine, open, trace);
    const worst = await this.#look(machine.afterPowerLoss('lost', this.#disk), [
      ...trace,
      'the power went: all that was not synced was lost',
    ]);
    if (worst !== undefined) this.#demand(worst.identity, new Set([sight.identity]), trace);
  }

  async #examineOpen(
    machine: MemoryStorage,
    open: readonly OpenVersion[],
    trace: readonly string[],
  ): Promise<void> {
    for (const version of open) {
      if (await isWhole(machine, version)) continue;
      this.#violate(`a reader has ${version.content} open, and files of it are gone`, trace);
    }
  }

  #recover(storage: MemoryStorage): Promise<unknown> {
    const place = placeAt(storage, 'r');
    const { recover = (at: CrashPlace) => storeAt(at).recover() } = this.#scenario;
    return recover(place);
  }

  /** `undefined`, and a violation, when something is not whole. */
  async #look(storage: MemoryStorage, trace: readonly string[]): Promise<Sight | undefined> {
    const place = placeAt(storage, 'v');
    try {
      const sight = await lookAt(place);
      await this.#scenario.check?.(place);
      if (bystanders(storage.files) === this.#bystanders) return sight;
      this.#violate('what the layout does not name was changed', trace);
    } catch (error) {
      this.#violate(String(error), trace);
    }
    return undefined;
  }

  #demand(identity: string, allowed: ReadonlySet<string>, trace: readonly string[]): void {
    if (identity === '' || allowed.has(identity)) return;
    this.#violate(`current is ${identity}, expected ${[...allowed].join(' or ')}`, trace);
  }

  #violate(problem: string, trace: readonly string[]): void {
    this.#violations.push({ problem, trace });
  }

  #isOver(): boolean {
    return this.#violations.length >= this.#maxViolations;
  }
}

/** All that is there, synced or not. */
const durableState = (machine: MemoryStorage): string =>
  machine.afterPowerLoss('kept').fingerprint();

/** Ids that begin with what is done there, so that none comes twice. */
function placeAt(storage: MemoryStorage, prefix: string): CrashPlace {
  let ids = 0;
  const newId = (): string => `${prefix}${String(ids++).padStart(15, '0')}`;
  return { storage, newId, clock: simulatedClock() };
}
