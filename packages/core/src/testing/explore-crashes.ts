import {
  bystanders,
  debris,
  isWhole,
  lookAt,
  type OpenReader,
  type OpenVersion,
  openVersion,
  ownNames,
  type Sight,
  storeAt,
} from './crash-look.ts';
import { type Cut, type CutRun, type RunOptions, runCutting } from './crash-run.ts';
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

class Exploration {
  readonly #scenario: CrashScenario;
  readonly #disk: MemoryStorageOptions;
  readonly #isOurs: RunOptions['isOurs'];
  readonly #runOptions: RunOptions;
  readonly #depth: number;
  readonly #outcomesPerCrash: number;
  readonly #maxViolations: number;
  readonly #violations: CrashViolation[] = [];
  readonly #cut: string[] = [];
  /** What is current on each disk that was found; nothing on a broken one. */
  readonly #known = new Map<string, string | undefined>();
  readonly #recovered = new Set<string>();
  /** Disks on which recoveries are to be cut off. */
  readonly #ahead: Found[] = [];
  #bystanders = '';
  #crashPoints = 0;
  #recoveryCrashPoints = 0;
  #outcomes = 0;

  constructor(scenario: CrashScenario, options: ExploreOptions) {
    this.#scenario = scenario;
    this.#disk = scenario.disk ?? {};
    this.#isOurs = ownNames(scenario.own);
    this.#runOptions = { options: this.#disk, isOurs: this.#isOurs };
    this.#depth = options.depth ?? 1;
    this.#outcomesPerCrash = options.outcomesPerCrash ?? 100_000;
    this.#maxViolations = options.maxViolations ?? 10;
  }

  async run(): Promise<CrashReport> {
    await this.#crashPublish();
    // In the order in which they were found: the depth of each is the least there is.
    for (let found = this.#ahead.shift(); found !== undefined; found = this.#ahead.shift()) {
      if (this.#isOver()) break;
      await this.#crashRecovery(found);
    }
    return {
      name: this.#scenario.name,
      crashPoints: this.#crashPoints,
      recoveryCrashPoints: this.#recoveryCrashPoints,
      outcomes: this.#outcomes,
      states: this.#known.size,
      recovered: this.#recovered.size,
      cut: this.#cut,
      violations: this.#violations.slice(0, this.#maxViolations),
    };
  }

  async #crashPublish(): Promise<void> {
    const { setup, publish, readers = [] } = this.#scenario;
    const first = memoryStorage(this.#disk);
    await setup?.(placeAt(first, 's'));
    const disk = first.afterPowerLoss('kept', this.#disk);
    this.#bystanders = bystanders(disk.files, this.#isOurs);
    const open: OpenReader[] = [];
    for (const { gen, from } of readers) {
      open.push({ version: await openVersion(placeAt(disk, 'v'), gen), from });
    }
    const run = await runCutting(disk, this.#runOptions, open, (storage) =>
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
    await this.#find({
      storage,
      open,
      allowed,
      depth,
      trace: [...trace, 'the process was killed'],
    });
    const onLimit = (): void => void this.#cut.push(trace.join(', '));
    for (const loss of powerLosses(storage, this.#disk, this.#outcomesPerCrash, onLimit)) {
      const what = `the power went: ${loss.what}`;
      await this.#find({
        storage: loss.storage,
        open: [],
        allowed,
        depth,
        trace: [...trace, what],
      });
      if (this.#isOver()) return;
    }
  }

  /** Looks at a disk, recovers it and publishes on what that left; once for all that are equal. */
  async #find(found: Found): Promise<void> {
    const { storage, open, allowed, trace, depth } = found;
    this.#outcomes += 1;
    // What a later loss of power may leave depends on what was to be there before.
    const demand = storage.pending().length > 0 ? [...allowed].join() : '';
    const key = [storage.fingerprint(), demand, ...open.map(({ content }) => content)].join(' ');
    if (this.#known.has(key)) {
      const identity = this.#known.get(key);
      if (identity !== undefined) this.#demand(identity, allowed, trace);
      return;
    }
    const sight = await this.#look(storage, trace);
    this.#known.set(key, sight?.identity);
    if (this.#known.size % 64 === 0) await settle();
    if (sight === undefined) return;
    this.#demand(sight.identity, allowed, trace);

    const after = [...trace, 'a recovery'];
    const { storage: machine, problems } = await this.#recoverCutting(found);
    for (const problem of problems) this.#violate(problem, after);
    if (problems.length > 0) return;
    await this.#examineRecovered(machine, open, sight, after);
    if (depth < this.#depth) this.#ahead.push(found);
  }

  async #crashRecovery(found: Found): Promise<void> {
    const { storage, allowed, trace, depth } = found;
    const { cuts, operations } = await this.#recoverCutting(found);
    this.#recoveryCrashPoints += operations + 1;
    const { identity } = await lookAt(placeAt(storage, 'v'));
    // What the power may still take back, a recovery that has ended may not.
    const settled = new Set([identity]);
    const unsettled = storage.pending().length > 0 ? allowed : settled;
    for (const cut of cuts) {
      const crashed = [...trace, `a recovery, ${cut.at}`];
      await this.#crash(cut, cut.isEnd ? settled : unsettled, crashed, depth + 1);
      if (this.#isOver()) return;
    }
  }

  #recoverCutting({ storage, open }: Found): Promise<CutRun> {
    const readers = open.map((version) => ({ version }));
    return runCutting(storage, this.#runOptions, readers, (place) => this.#recover(place));
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
    const key = [machine.fingerprint(), ...kept].join(' ');
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
      if (bystanders(storage.files, this.#isOurs) === this.#bystanders) return sight;
      this.#violate('what the layout does not name was changed', trace);
    } catch (error) {
      this.#violate(String(error), trace);
    }
    return undefined;
  }

  #demand(identity: string, allowed: ReadonlySet<string>, trace: readonly string[]): void {
    if (allowed.has(identity)) return;
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
