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

export type Kind = 'tidy' | 'work.plain' | 'hasty';
export type End = 'return' | 'return badly' | 'throw' | 'obey';

export interface ModelJob {
  readonly id: string;
  readonly owner: string;
  readonly kind: Kind;
  readonly key: string | undefined;
  status: JobStatus;
  stopReason: 'canceled' | 'timeout' | 'shutdown' | null;
  stage: 'queued' | 'handling' | 'discarding' | 'rest';
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

  /** Why a start must be refused. */
  refusal(owner: string, key: string | undefined): string | undefined {
    if (this.isClosed) return 'manager_closed';
    if (this.maintenance) return 'admission_paused';
    if (key !== undefined && this.active.some((job) => job.key === key)) return 'conflict';
    if (this.queued.length >= limits.maxQueued) return 'queue_full';
    const own = this.active.filter((job) => job.owner === owner);
    return own.length >= limits.maxActivePerOwner ? 'queue_full' : undefined;
  }

  start(job: Pick<ModelJob, 'id' | 'owner' | 'kind' | 'key'>): void {
    this.jobs.push({
      ...job,
      status: 'queued',
      stopReason: null,
      stage: 'queued',
      startedAt: null,
      lastLook: this.now,
      reports: 0,
      watchers: 0,
    });
    this.#pump();
  }

  end(job: ModelJob, how: End): void {
    if (job.status === 'running') job.status = this.#statusAfter(job, how);
    this.#afterHandler(job);
  }

  cancel(job: ModelJob, reason: 'canceled' | 'shutdown' = 'canceled'): boolean {
    if (job.status === 'queued') {
      job.status = 'canceled';
      job.stopReason = reason;
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

  advance(durationMs: number): void {
    this.now += durationMs;
    for (const job of [...this.jobs]) {
      const timesOutAt = (job.startedAt ?? Infinity) + limits.timeoutMs;
      if (job.kind === 'hasty' && job.status === 'running' && timesOutAt <= this.now) {
        job.stopReason ??= 'timeout';
      }
      if (job.stage === 'handling' && this.now >= (this.abandonAt ?? Infinity)) {
        job.status = 'canceled';
        // The executor is ended, and says so of all that it still ran; a discard follows its handler.
        if (job.kind === 'work.plain') this.#rest(job, this.abandonAt);
      }
      if (job.stage === 'rest') this.#expire(job);
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
    job.lastLook = at;
  }

  #pump(): void {
    for (;;) {
      const queued = this.queued;
      const owners = new Set(queued.map(({ owner }) => owner));
      this.turns = [...new Set([...this.turns.filter((each) => owners.has(each)), ...owners])];
      const held = this.active.filter(({ startedAt }) => startedAt !== null).length;
      const owner = this.isClosed || held >= limits.concurrency ? undefined : this.turns.shift();
      const job = queued.find((each) => each.owner === owner);
      if (job === undefined) return;
      job.stage = 'handling';
      job.status = 'running';
      job.startedAt = this.now;
      this.runs.push(job.id);
    }
  }
}
