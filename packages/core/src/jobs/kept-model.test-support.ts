import { expect } from 'vitest';
import { type MemoryJournal, memoryJournal } from '../testing/memory-journal.ts';
import { type SimulatedClock, settle, simulatedClock } from '../testing/simulated-clock.ts';
import { FakeExecutor, type FakeRun } from './fake-executor.test-support.ts';
import type { JobClient, StartOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import { again, againTidy } from './job-manager.kept.test-support.ts';
import { codeOf, plain, tidy } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';
import { isTerminal, type JobView } from './job-view.ts';
import type { ScheduleEvent } from './schedules.ts';

export const kinds: readonly AnyJobDefinition[] = [plain, tidy, again, againTidy];
export const tickMs = 10_000;

/** What the application was told of a job, and so may rely on. */
interface Promised {
  readonly id: string;
  readonly definition: AnyJobDefinition;
  readonly key: string | undefined;
  /** A cancel that resolved to true. */
  canceled: boolean;
  /** The first end that anybody was shown. */
  end: JobView | undefined;
  /** What a `save` that resolved kept, and what one that did not may have kept. */
  saved: number | undefined;
  readonly maybeSaved: Set<number>;
  /** How often its discard ran, and in how many lives. */
  discards: number;
  /** That it ran is durable: it never does again. */
  discardKept: boolean;
  /** A consume that resolved to true; and one that was asked for. */
  consumed: boolean;
  mayBeGone: boolean;
  /** Of the attempt that ran last. */
  attempt: number;
  /** That attempt was put back, or was asked to stop by a shutdown and may have been. */
  mayRepeat: boolean;
}

/**
 * One application over many processes. It keeps book of what it was told, and says wherever a process
 * does not keep what one before it has promised.
 */
export class KeptWorld {
  readonly clock: SimulatedClock = simulatedClock(1_000_000_000);
  readonly promised = new Map<string, Promised>();
  readonly ticks: number[] = [];
  #ids = 0;
  #numbers = 0;
  /** Steps of the journal until it is cut off. */
  #fuse = Number.POSITIVE_INFINITY;
  #isCut = false;
  isFull = false;
  journal: MemoryJournal;
  executor = new FakeExecutor(2);
  manager: JobManager;
  readonly #syncs: boolean;
  readonly #seenRuns = new Set<FakeRun>();
  #discardsSeen = 0;

  constructor({ syncs = true } = {}) {
    this.#syncs = syncs;
    this.journal = memoryJournal(this.#options());
    this.manager = this.#begin();
  }

  get jobs(): JobClient {
    return this.manager.forOwner('alice');
  }

  async start(kind: AnyJobDefinition, options: StartOptions): Promise<void> {
    this.#numbers += 1;
    void this.jobs.start(kind, this.#numbers, options).then(
      ({ id }) => this.#promise(id, kind, options.exclusivityKey),
      () => undefined,
    );
    await this.quiet();
  }

  cancel(job: Promised): void {
    void this.jobs.cancel(job.id).then(
      (done) => {
        if (done) job.canceled = true;
      },
      () => undefined,
    );
  }

  save(run: FakeRun): void {
    this.#numbers += 1;
    const number = this.#numbers;
    const job = this.promised.get(run.task.jobId);
    job?.maybeSaved.add(number);
    void run.save(number).then(
      () => {
        if (job !== undefined) job.saved = number;
      },
      () => undefined,
    );
  }

  consume(job: Promised): void {
    job.mayBeGone = true;
    void this.jobs.consume(job.id).then(
      (done) => {
        if (done) job.consumed = true;
      },
      () => undefined,
    );
  }

  retry(job: Promised): void {
    void this.jobs.retry(job.id).then(
      ({ id }) => this.#promise(id, job.definition, job.key),
      () => undefined,
    );
  }

  /** From now on so many steps of the journal are made. */
  light(steps: number): void {
    this.#fuse = steps;
  }

  /** The process ends, and the disk loses all that was not synced but the first few groups. */
  async crash(kept: number): Promise<void> {
    await this.quiet();
    this.journal.stop();
    const disk = this.journal.afterPowerLoss(kept, this.#options());
    await this.#next(disk);
  }

  /** The process ends as it should; handlers obey or do not. */
  async shutDown(obeys: boolean): Promise<void> {
    await this.quiet();
    const ending = this.manager.shutdown({ graceMs: 100 });
    await this.quiet();
    for (const run of this.executor.unsettled) {
      const job = this.promised.get(run.task.jobId);
      if (job !== undefined) job.mayRepeat = true;
      if (obeys) run.obey();
    }
    await this.quiet();
    await this.clock.advance(200);
    await ending;
    this.journal.stop();
    await this.#next(this.journal.afterPowerLoss(0, this.#options()));
  }

  async #next(disk: MemoryJournal): Promise<void> {
    await this.look();
    this.#fuse = Number.POSITIVE_INFINITY;
    this.#isCut = false;
    this.isFull = false;
    this.journal = disk;
    this.executor = new FakeExecutor(2);
    this.#discardsSeen = 0;
    this.manager = this.#begin();
    await this.manager.ready();
    await this.look();
  }

  /** Whether the journal still works. */
  get isAlive(): boolean {
    return !this.#isCut;
  }

  /** Lets all that is under way happen, as far as it can. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) await settle();
  }

  /** Compares what can be seen with what was promised. */
  async look(): Promise<void> {
    await this.quiet();
    this.#lookAtRuns();
    this.#lookAtDiscards();
    for (const job of this.promised.values()) {
      const view = await this.jobs.get(job.id);
      if (view === undefined) {
        expect(job.mayBeGone, `${job.id} is there`).toBe(true);
        continue;
      }
      expect(job.consumed, `${job.id} was consumed`).toBe(false);
      expect(view.name).toBe(job.definition.name);
      if (job.end !== undefined) {
        expect(view).toMatchObject({
          status: job.end.status,
          result: job.end.result,
          failure: job.end.failure,
          endedAt: job.end.endedAt,
        });
      } else if (isTerminal(view.status)) {
        job.end = view;
      }
    }
  }

  #lookAtRuns(): void {
    const live = this.executor.unsettled;
    for (const run of this.executor.runs) {
      if (this.#seenRuns.has(run)) continue;
      this.#seenRuns.add(run);
      const { jobId, attempt, saved } = run.task;
      const job = this.promised.get(jobId);
      if (job === undefined) continue;
      expect(job.canceled, `${jobId} was canceled, and begins`).toBe(false);
      expect(job.end, `${jobId} has ended, and begins`).toBeUndefined();
      if (job.mayRepeat) expect(attempt).toBeGreaterThanOrEqual(job.attempt);
      else expect(attempt, `${jobId} goes on`).toBeGreaterThan(job.attempt);
      expect(attempt).toBeLessThanOrEqual(job.definition.retry?.attempts ?? 1);
      job.attempt = attempt;
      job.mayRepeat = false;
      // The last that is known to be kept, or one after it.
      const number = typeof saved === 'number' ? saved : -1;
      expect(number, `${jobId} finds what it saved`).toBeGreaterThanOrEqual(job.saved ?? -1);
      if (saved !== undefined) expect(job.maybeSaved).toContain(saved);
    }
    const ids = live.map(({ task }) => task.jobId);
    expect(new Set(ids).size, 'nothing runs twice at once').toBe(ids.length);
    const keys = ids.flatMap((id) => this.promised.get(id)?.key ?? []);
    expect(new Set(keys).size, 'no key is held twice').toBe(keys.length);
  }

  #lookAtDiscards(): void {
    for (const { task } of this.executor.discards.slice(this.#discardsSeen)) {
      const job = this.promised.get(task.jobId);
      if (job === undefined) continue;
      expect(job.discardKept, `${job.id} was discarded before`).toBe(false);
      job.discards += 1;
    }
    this.#discardsSeen = this.executor.discards.length;
    if (!this.isAlive) return;
    for (const job of this.promised.values()) job.discardKept ||= job.discards > 0;
  }

  /** Lets all that is left run to its end, and looks whether each job has had exactly one. */
  async finish(): Promise<void> {
    await this.manager.schedules.remove('often');
    for (let round = 0; round < 200; round += 1) {
      await this.clock.advance(60_000);
      await this.look();
      for (const run of this.executor.unsettled) run.return('late');
      const { queued, running } = this.manager.activity();
      if (queued + running === 0) break;
    }
    await this.look();
    for (const job of this.promised.values()) {
      if (job.mayBeGone) continue;
      expect(job.end?.status, `${job.id} has ended`).toBeDefined();
      const discarded = job.end?.status !== 'succeeded' && !job.definition.name.endsWith('.plain');
      if (discarded) expect(job.discards, `${job.id} was discarded`).toBeGreaterThanOrEqual(1);
      else expect(job.discards).toBe(0);
    }
    expect(new Set(this.ticks).size, 'a tick starts one job').toBe(this.ticks.length);
    expect(await codeOf(this.manager.shutdown())).toBeUndefined();
  }

  async schedule(): Promise<void> {
    await codeOf(
      this.manager.schedules.set('often', {
        everyMs: tickMs,
        catchUp: 'last',
        definition: plain,
        input: 0,
        owner: 'alice',
      }),
    );
  }

  #promise(id: string, definition: AnyJobDefinition, key: string | undefined): void {
    if (this.promised.has(id)) return;
    this.promised.set(id, {
      id,
      definition,
      key,
      canceled: false,
      end: undefined,
      saved: undefined,
      maybeSaved: new Set(),
      discards: 0,
      discardKept: false,
      consumed: false,
      mayBeGone: false,
      attempt: 0,
      mayRepeat: false,
    });
  }

  #begin(): JobManager {
    const manager = new JobManager({
      clock: this.clock,
      definitions: kinds,
      executor: this.executor,
      journal: this.journal,
      ttlMs: Number.POSITIVE_INFINITY,
      maxKeptPerOwner: Number.POSITIVE_INFINITY,
      random: () => 0.5,
      randomId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
    });
    manager.on('error', () => {});
    manager.on('schedule', (event) => this.#ticked(event));
    return manager;
  }

  #ticked(event: ScheduleEvent): void {
    if (event.type !== 'started') return;
    this.ticks.push(event.tickAt);
    this.#promise(event.jobId, plain, undefined);
  }

  #options() {
    return {
      onStep: (_: unknown, journal: MemoryJournal) => {
        this.#fuse -= 1;
        if (this.#fuse >= 0) return;
        this.#isCut = true;
        journal.stop();
      },
      isFull: () => this.isFull,
      syncs: this.#syncs,
    };
  }
}
