import type { JobStatus } from './job-view.ts';

export const limits = {
  concurrency: 2,
  maxQueued: 3,
  maxActivePerOwner: 4,
  progressCapacity: 4,
  ttlMs: 500,
  timeoutMs: 1000,
  graceMs: 200,
} as const;

/** Of what is attempted again. */
const attempts = 3;
/** How long the second and the third attempt are put off, with half of the jitter. */
const backoffMs = [100, 200] as const;

export type Kind = 'tidy' | 'work.plain' | 'hasty' | 'again';
/** A number asks for another attempt after so many milliseconds. */
export type End = 'return' | 'return badly' | 'throw' | 'fail' | 'obey' | number;

export interface ModelJob {
  readonly id: string;
  readonly owner: string;
  readonly kind: Kind;
  readonly key: string | undefined;
  status: JobStatus;
  stopReason: 'canceled' | 'timeout' | 'shutdown' | null;
  stage: 'queued' | 'handling' | 'discarding' | 'rest';
  attempt: number;
  availableAt: number | null;
  /** An attempt before this one has failed. */
  hasFailed: boolean;
  holdsSlot: boolean;
  startedAt: number | null;
  lastLook: number;
  reports: number;
  /** How many watch it; of those that watch all of an owner's jobs, nothing is to be seen. */
  watchers: number;
}

/** What a manager should do, said as plainly as can be: lists, searches, and no timers. */
export class ManagerModel {
  now = 0;
  jobs: ModelJob[] = [];
  /** Who waits for a time, in the order in which they began to. */
  waiting: ModelJob[] = [];
  /** Who waits for a slot, in the order in which they came. */
  line: ModelJob[] = [];
  /** Owners that wait, whose turn is next first (A6). */
  turns: string[] = [];
  readonly runs: string[] = [];
  readonly discards: string[] = [];
  leases = 0;
  maintenance = false;
  abandonAt: number | undefined;

  get isClosed(): boolean {
    return this.abandonAt !== undefined;
  }

  get active(): readonly ModelJob[] {
    return this.jobs.filter(({ stage }) => stage !== 'rest');
  }

  get queued(): readonly ModelJob[] {
    return this.jobs.filter(({ stage }) => stage === 'queued');
  }

  get hasSlot(): boolean {
    return this.active.filter(({ holdsSlot }) => holdsSlot).length < limits.concurrency;
  }

  /** Why a start must be refused. */
  refusal(owner: string, key: string | undefined, delayMs: number): string | undefined {
    if (this.isClosed) return 'manager_closed';
    if (this.maintenance) return 'admission_paused';
    if (key !== undefined && this.active.some((job) => job.key === key)) return 'conflict';
    // A queue that is full of jobs that wait for their time holds up nobody who waits for nothing.
    const begins = delayMs === 0 && this.hasSlot;
    if (this.queued.length >= limits.maxQueued && !begins) return 'queue_full';
    const own = this.active.filter((job) => job.owner === owner);
    return own.length >= limits.maxActivePerOwner ? 'queue_full' : undefined;
  }

  start(start: Pick<ModelJob, 'id' | 'owner' | 'kind' | 'key'>, delayMs: number): void {
    const job: ModelJob = {
      ...start,
      status: 'queued',
      stopReason: null,
      stage: 'queued',
      attempt: 1,
      availableAt: delayMs === 0 ? null : this.now + delayMs,
      hasFailed: false,
      holdsSlot: false,
      startedAt: null,
      lastLook: this.now,
      reports: 0,
      watchers: 0,
    };
    this.jobs.push(job);
    this.#queue(job, delayMs);
  }

  end(job: ModelJob, how: End): void {
    const delayMs = job.status === 'running' ? this.#retryDelay(job, how) : undefined;
    if (delayMs === undefined) {
      if (job.status === 'running') job.status = this.#statusAfter(job, how);
      this.#afterHandler(job);
      return;
    }
    job.status = 'queued';
    job.stage = 'queued';
    job.attempt += 1;
    job.availableAt = this.now + delayMs;
    job.hasFailed = true;
    job.stopReason = null;
    job.holdsSlot = false;
    this.#queue(job, delayMs);
    // Nobody would attempt it any more.
    if (this.isClosed) this.cancel(job, 'shutdown');
  }

  cancel(job: ModelJob, reason: 'canceled' | 'shutdown' = 'canceled'): boolean {
    if (job.status === 'queued') {
      job.status = 'canceled';
      job.stopReason = reason;
      job.availableAt = null;
      this.waiting = this.waiting.filter((each) => each !== job);
      this.line = this.line.filter((each) => each !== job);
      this.#afterHandler(job);
      return true;
    }
    if (job.status !== 'running') return false;
    job.stopReason ??= reason;
    return true;
  }

  discarded(job: ModelJob): void {
    this.#rest(job);
    this.#pump();
  }

  release(job: ModelJob): void {
    this.jobs = this.jobs.filter((each) => each !== job);
  }

  shutdown(): void {
    if (this.isClosed) return;
    this.abandonAt = this.now + limits.graceMs;
    for (const job of this.active) this.cancel(job, 'shutdown');
  }

  /** Millisecond by millisecond, as what falls due in one may have consequences in a later one. */
  advance(durationMs: number): void {
    for (let passed = 0; passed < durationMs; passed += 1) this.#tick();
  }

  #tick(): void {
    this.now += 1;
    for (const job of [...this.jobs]) {
      const isTimed = job.kind === 'hasty' || job.kind === 'again';
      const timesOutAt = (job.startedAt ?? Infinity) + limits.timeoutMs;
      if (isTimed && job.status === 'running' && timesOutAt <= this.now) {
        job.stopReason ??= 'timeout';
      }
      if (job.stage === 'handling' && this.now >= (this.abandonAt ?? Infinity)) {
        job.status = 'canceled';
        // The executor is ended, and says so of all that it still ran; a discard follows its handler.
        if (job.kind === 'work.plain') this.#rest(job, this.abandonAt);
      }
      if (job.stage === 'rest') this.#expire(job);
    }
    for (const job of this.waiting.filter(({ availableAt }) => availableAt === this.now)) {
      this.waiting = this.waiting.filter((each) => each !== job);
      this.#queue(job, 0);
    }
  }

  unwatch(job: ModelJob): void {
    job.watchers -= 1;
    if (job.watchers === 0) job.lastLook = this.now;
  }

  /** Who watches a job looks at it whenever its time is over (J13). */
  #expire(job: ModelJob): void {
    while (job.lastLook + limits.ttlMs <= this.now) {
      if (job.watchers === 0) {
        this.release(job);
        return;
      }
      job.lastLook += limits.ttlMs;
    }
  }

  #queue(job: ModelJob, delayMs: number): void {
    (delayMs === 0 ? this.line : this.waiting).push(job);
    this.#pump();
  }

  /** After which time it is attempted again, if it is (A1, A2). */
  #retryDelay(job: ModelJob, how: End): number | undefined {
    const mayRetry = job.stopReason === null || job.stopReason === 'timeout';
    if (job.kind !== 'again' || job.attempt === attempts || !mayRetry) return undefined;
    if (typeof how === 'number') return how;
    const mends = how === 'throw' || (how === 'obey' && job.stopReason === 'timeout');
    return mends ? backoffMs[job.attempt - 1] : undefined;
  }

  #statusAfter(job: ModelJob, how: End): JobStatus {
    if (how === 'return') return 'succeeded';
    if (how === 'obey') return job.stopReason === 'timeout' ? 'failed' : 'canceled';
    return 'failed';
  }

  #afterHandler(job: ModelJob): void {
    if (job.kind === 'work.plain' || job.status === 'succeeded') {
      this.#rest(job);
    } else {
      job.stage = 'discarding';
      this.discards.push(`${job.id} ${job.status}`);
    }
    this.#pump();
  }

  #rest(job: ModelJob, at: number = this.now): void {
    job.stage = 'rest';
    job.holdsSlot = false;
    job.lastLook = at;
  }

  #pump(): void {
    for (;;) {
      const owners = new Set(this.line.map(({ owner }) => owner));
      this.turns = [...new Set([...this.turns.filter((each) => owners.has(each)), ...owners])];
      const owner = this.isClosed || !this.hasSlot ? undefined : this.turns.shift();
      const job = this.line.find((each) => each.owner === owner);
      if (job === undefined) return;
      this.line = this.line.filter((each) => each !== job);
      job.holdsSlot = true;
      job.availableAt = null;
      job.stage = 'handling';
      job.status = 'running';
      job.startedAt = this.now;
      this.runs.push(job.id);
    }
  }
}
