import type { Clock } from '../foundation/clock.ts';
import { Waiting } from './due.ts';
import type { Job } from './job.ts';
import { JobDelay } from './job-delay.ts';
import { ExclusivityKeys, type KeyDecision, type OnConflict } from './keys.ts';
import { type JobLimit, Limits } from './limits.ts';
import { Line } from './line.ts';

export interface SchedulerOptions {
  readonly concurrency: number;
  readonly limits: ReadonlyMap<string, JobLimit>;
  readonly clock: Clock;
  /** A job has a slot, and begins. */
  readonly begin: (job: Job, at?: number) => void;
}

/**
 * Where jobs wait, and when they begin.
 *
 *   claim ──> waits for its key ──> waits for its time ──> line ──pump──> holds a slot
 *                                         ^                                   │
 *                                         └────────── next attempt ───────────┘
 *
 * A key is held from `claim` to `releaseKey`, over all attempts, so two holders never overlap (J7). A
 * slot is held by one attempt. Who is canceled leaves from anywhere by `unschedule`.
 */
export class JobScheduler {
  readonly #concurrency: number;
  readonly #clock: Clock;
  readonly #begin: SchedulerOptions['begin'];
  readonly #keys = new ExclusivityKeys<Job>();
  readonly #line: Line<Job>;
  readonly #limits: Limits;
  readonly #waiting: Waiting<JobDelay<Job>>;
  /** Stands in front of an empty line, which then need not be built for one job. */
  #first: Job | undefined;
  #slots = 0;
  #isPumping = false;
  #isClosed = false;

  constructor({ concurrency, limits, clock, begin }: SchedulerOptions) {
    this.#concurrency = concurrency;
    this.#clock = clock;
    this.#begin = begin;
    this.#line = new Line(limits.keys());
    this.#limits = new Limits(limits, { clock, gates: this.#line, onOpen: () => this.pump() });
    this.#waiting = new Waiting(clock, ({ job }) => {
      job.delay = undefined;
      this.#join(job);
      this.pump();
    });
  }

  isHeld(key: string): boolean {
    return this.#keys.isHeld(key);
  }

  /** Whether a job of this name and owner that came now would begin. */
  hasRoom(name: string, owner: string): boolean {
    return this.freeSlots > 0 && this.#limits.admits(name, owner);
  }

  claim(job: Job, onConflict: OnConflict): KeyDecision<Job> {
    const decision = this.#keys.claim(job, onConflict);
    job.waitsForKey = decision.type === 'waits';
    return decision;
  }

  /** Who waited to replace the holder of its key does so again, after another that came later is gone. */
  reclaim(job: Job): void {
    if (this.claim(job, 'replace').type === 'holds') this.schedule(job);
  }

  /** The job waits for its key, its time, or a slot. `pump` lets it begin. */
  schedule(job: Job): void {
    if (job.waitsForKey) return;
    const { delay } = job;
    if (delay === undefined) this.#join(job);
    else this.#waiting.add(delay, delay.due);
  }

  unschedule(job: Job): void {
    if (this.#first === job) this.#first = undefined;
    if (job.delay !== undefined) this.#waiting.remove(job.delay);
    if (job.waitsForKey) return;
    this.#line.remove(job);
    this.#limits.hold(this.#line.size > 0);
  }

  freeSlot(job: Job): void {
    if (!job.holdsSlot) return;
    job.holdsSlot = false;
    this.#slots -= 1;
    this.#limits.ended(job.name, job.owner);
  }

  /** The job is at rest. Who waited for its key is scheduled. */
  releaseKey(job: Job): void {
    if (job.exclusivityKey !== undefined) this.#passKey(job);
  }

  #passKey(job: Job): void {
    const next = this.#keys.release(job);
    if (next === undefined) return;
    next.waitsForKey = false;
    // What it waited for the key counts for its delay.
    const { delay } = next;
    if (delay !== undefined && 'afterMs' in delay.due) {
      const waitedMs = this.#clock.monotonic() - delay.dueAt;
      const leftMs = delay.due.afterMs - waitedMs;
      next.delay = leftMs > 0 ? new JobDelay(next, { afterMs: leftMs }) : undefined;
    }
    // One that is not durable yet is scheduled when it is.
    if (!next.isAdmitting) this.schedule(next);
  }

  /** Lets jobs begin while there are slots; at `at`, where the caller has looked at the clock. */
  pump(at?: number): void {
    // A listener that starts a job must not overtake the one that is being handed over.
    if (this.#isPumping || this.#isClosed) return;
    if (this.#first !== undefined || this.#line.size > 0) this.#beginNext(at);
  }

  #beginNext(at?: number): void {
    this.#isPumping = true;
    try {
      for (let job = this.#take(); job !== undefined; job = this.#take()) {
        this.#slots += 1;
        job.holdsSlot = true;
        this.#limits.begun(job.name, job.owner);
        this.#begin(job, at);
      }
    } finally {
      this.#isPumping = false;
      this.#limits.hold(this.#line.size > 0);
    }
  }

  /** Nothing begins any more, and no timer is left. */
  close(): void {
    this.#isClosed = true;
    this.#limits.close();
    this.#waiting.close();
  }

  get freeSlots(): number {
    return this.#concurrency - this.#slots;
  }

  #join(job: Job): void {
    const isNext = this.#first === undefined && this.#line.size === 0;
    if (isNext && this.hasRoom(job.name, job.owner)) this.#first = job;
    else this.#line.push(job);
  }

  #take(): Job | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (first === undefined) return this.freeSlots > 0 ? this.#line.take() : undefined;
    if (this.hasRoom(first.name, first.owner)) return first;
    this.#line.push(first);
    return this.#take();
  }
}
