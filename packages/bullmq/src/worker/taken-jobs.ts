import { type AnyJobDefinition, isTerminal, OffstageError } from '@offstage/core';
import { describeFailure, type ReportedProgress, randomId } from '@offstage/core/engine';
import { DelayedError, type Job } from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';
import { type Committed, freedBy, type JobStore } from '../records/job-store.ts';
import type { BullQueue } from '../shared/bull-queue.ts';
import {
  bullReason,
  failedForGood,
  failedForNow,
  isMeant,
  putBack,
  putOff,
} from './bull-answers.ts';
import { type AttemptEnd, BullAttempt, type ReturnedAttempt } from './bull-attempt.ts';
import type { PassedJobs } from './passed-jobs.ts';
import type { WorkBackend } from './work-backend.ts';
import type { BullWorkerSettings } from './worker-options.ts';

// What went wrong here is tried again after so long.
const putOffMs = 1000;
// A job that waits for a limit is woken; should nobody do so, it asks again after so long.
const parkMs = 3_600_000;
// BullMQ's boards show a job's progress, which is one field of it; it need not be the newest of a burst.
const shownEveryMs = 1000;

export interface TakenJobsOptions {
  readonly settings: BullWorkerSettings;
  readonly store: JobStore;
  readonly bull: BullQueue;
  readonly passed: PassedJobs;
  /** What the jobs came by, once there is one. */
  readonly backend: () => WorkBackend | undefined;
  /** Takes no more of them. */
  readonly isClosing: () => boolean;
  /** Asks Redis whether the attempt of a job may go on. */
  readonly look: (id: string) => void;
  /** A discard may have to run. */
  readonly discard: () => void;
  /** Tells the log; gives the reference. */
  readonly report: (error: unknown, record?: JobRecord) => string;
  /** Does what has to be done in Redis, again and again until it is. */
  readonly insist: <T>(act: () => Promise<T>) => Promise<T>;
}

/** The jobs that BullMQ has given to this worker, until BullMQ is told what has become of each. */
export class TakenJobs {
  readonly #options: TakenJobsOptions;
  readonly #attempts = new Map<string, BullAttempt>();
  /** Jobs that were asked to stop lately and do not run here: one of them may have begun, and not be known yet. */
  readonly #stopped = new Set<string>();
  /** How long BullMQ has to wait with the next attempt of a job. */
  readonly #delays = new Map<string, number>();

  constructor(options: TakenJobsOptions) {
    this.#options = options;
  }

  /** Those that run: of a job, or all. */
  attempts(id?: string): readonly BullAttempt[] {
    const attempts = [...this.#attempts.values()];
    return id === undefined ? attempts : attempts.filter((attempt) => attempt.id === id);
  }

  /** A job was asked to stop. Whether it runs here is known soon, if not now. */
  stopAsked(id: string): void {
    if (this.#attempts.has(id)) this.#options.look(id);
    else this.#stopped.add(id);
  }

  /** All that run have been looked at. */
  forgetStopped(): void {
    this.#stopped.clear();
  }

  /** How long BullMQ has to wait with the next attempt of a job. */
  delayOf(job: { readonly id?: string | undefined } | undefined): number {
    const id = job?.id ?? '';
    const delayMs = this.#delays.get(id) ?? 0;
    this.#delays.delete(id);
    return delayMs;
  }

  /** One job of BullMQ's. What is to become of it is told by what this throws, or not. */
  async process(job: Job, token: string | undefined): Promise<unknown> {
    try {
      return await this.#take(job, token);
    } catch (error) {
      if (isMeant(error)) throw error;
      // What went wrong is no attempt of the job's, and BullMQ must not count it as one.
      if (!this.#options.store.link.isClosed) this.#options.report(error);
      // Nor may it be told of what this throws, where Redis refuses that too.
      return this.#options.insist(() => putOff(job, putOffMs, token));
    }
  }

  async #take(job: Job, token: string | undefined): Promise<unknown> {
    const id = job.id ?? '';
    const { clock, definitions, executor } = this.#options.settings;
    const taken = this.#options.backend()?.recordOf(id);
    if (taken?.isBegun)
      return this.#run(job, token, taken.record, definitions.get(taken.record.name));
    let record =
      taken?.record ?? (await this.#options.insist(() => this.#options.store.find(id, 'handler')));
    if (record?.state.isHandling) record = await this.#interrupted(record);
    if (record === undefined) return undefined;
    if (record.state.status !== 'queued') return this.#finish(record);
    const { availableAt } = record.state;
    const now = clock.now();
    if (availableAt !== null && availableAt > now + 50) await putOff(job, availableAt - now, token);
    const definition = definitions.get(record.name);
    if (this.#options.isClosing()) return putBack(job, token);
    if (definition === undefined || executor.handler(record.name) === undefined) {
      return this.#options.passed.pass(job, token, record);
    }
    this.#options.passed.forget(id);
    const at = clock.now();
    const started = await this.#options.insist(() =>
      this.#options.store.dispatch(
        id,
        ({ state }) => (state.status === 'queued' ? { type: 'started', at } : undefined),
        { newFence: randomId(), known: record },
      ),
    );
    await this.handOver(started);
    if (started.type === 'limited') return this.#park(job, token, started.waitMs);
    if (started.type !== 'done') {
      return started.type === 'unchanged' ? this.#finish(started.record) : undefined;
    }
    return this.#run(job, token, started.record, definition);
  }

  /** An attempt that has begun. */
  async #run(
    job: Job,
    token: string | undefined,
    record: JobRecord,
    definition: AnyJobDefinition | undefined,
  ): Promise<unknown> {
    const { clock, executor, random } = this.#options.settings;
    const { id, input, saved } = record;
    if (definition === undefined) return undefined;
    let shownAt = Number.NEGATIVE_INFINITY;
    const attempt = new BullAttempt({
      store: this.#options.store,
      executor,
      definition,
      clock,
      random,
      record,
      input,
      saved,
      report: (error, about) => this.#options.report(error, about ?? record),
      onProgress: ({ phase, percent, message }: ReportedProgress) => {
        if (clock.monotonic() - shownAt < shownEveryMs) return;
        shownAt = clock.monotonic();
        job.updateProgress({ phase, percent, message }).catch(() => {});
      },
    });
    // One that ran here before was given up, or this one would not have begun.
    this.#attempts.get(id)?.fenceOff();
    this.#attempts.set(id, attempt);
    if (this.#options.isClosing()) attempt.leave();
    attempt.begin();
    if (this.#stopped.delete(id)) this.#options.look(id);
    const end = await attempt.ended;
    if (this.#attempts.get(id) === attempt) this.#attempts.delete(id);
    if (end.type !== 'returned') return this.#ended(job, token, end);
    const { next, options } = end;
    const proposal = this.#options.store.propose(end.record, next, options);
    const isPlain = proposal?.changed.state.status === 'succeeded' && !record.limited;
    // A worker of BullMQ's that is closed by force completes nothing any more.
    if (!isPlain || this.#options.isClosing()) {
      const known = end.record;
      const change = () => this.#options.store.change(id, next, { ...options, known });
      return this.#ended(job, token, await this.#options.insist(change));
    }
    // BullMQ's worker completes the job when this resolves, and with it goes the end of the attempt.
    const again = () => this.#options.store.change(id, next, options);
    this.#options.backend()?.leave(id, { proposal, again });
    return undefined;
  }

  async #ended(
    job: Job,
    token: string | undefined,
    end: Exclude<AttemptEnd, ReturnedAttempt>,
  ): Promise<unknown> {
    switch (end.type) {
      case 'put back':
        return putBack(job, token);
      case 'fenced':
      case 'gone':
        // Whoever took its place tells BullMQ.
        return undefined;
      case 'unchanged':
        return this.#finish(end.record);
      case 'limited':
      case 'done':
        await this.follow(end);
        if (end.type === 'limited') return this.#park(job, token, end.waitMs);
        return this.#finish(end.record);
    }
  }

  /** What follows from the end of an attempt elsewhere. */
  async follow(end: Committed): Promise<void> {
    await this.handOver(end);
    if (end.type === 'done' && end.actions.some(({ type }) => type === 'discard')) {
      this.#options.discard();
    }
  }

  /** The process that ran it is gone, or was away for too long. */
  async #interrupted(record: JobRecord): Promise<JobRecord | undefined> {
    const error = new OffstageError('interrupted', 'The process that ran the job ended.', {
      details: { attempt: record.state.attempt },
    });
    const failure = describeFailure(error, this.#options.report(error, record));
    const at = this.#options.settings.clock.now();
    const { fence } = record;
    const ended = await this.#options.insist(() =>
      this.#options.store.dispatch(
        record.id,
        (known) =>
          known.state.isHandling && known.fence === fence
            ? { type: 'interrupted', at, failure }
            : undefined,
        { newFence: '', known: record },
      ),
    );
    if (ended.type === 'done') {
      await this.handOver(ended);
      // That attempt may have saved since the job was looked at, until its place was taken: now it cannot.
      return this.#options.insist(() => this.#options.store.find(record.id, 'handler'));
    }
    return ended.type === 'unchanged' ? ended.record : undefined;
  }

  /** Tells BullMQ how a job ended, in its own words. */
  #finish({ state, id }: JobRecord): unknown {
    const reason = bullReason(state);
    if (reason === undefined) return undefined;
    if (isTerminal(state.status)) throw failedForGood(reason);
    const { availableAt } = state;
    this.#delays.set(id, Math.max(0, (availableAt ?? 0) - this.#options.settings.clock.now()));
    throw failedForNow(reason);
  }

  /** It waits for a limit in BullMQ's list of delayed jobs, and takes no slot there. */
  async #park(job: Job, token: string | undefined, waitMs: number | undefined): Promise<never> {
    if (waitMs !== undefined) return putOff(job, waitMs, token);
    await job.moveToDelayed(Date.now() + parkMs, token);
    // It may have been woken before it was there to be found.
    const isParked = await this.#options.store.link.call(
      'HEXISTS',
      `${this.#options.store.link.base}job:${job.id}`,
      'parked',
    );
    if (isParked !== 1)
      await this.#options.bull.addKnown(job.id ?? '', this.#options.settings.clock.now());
    throw new DelayedError();
  }

  async handOver(committed: Committed): Promise<void> {
    for (const freed of freedBy(committed)) {
      try {
        await this.#options.bull.addKnown(freed, this.#options.settings.clock.now());
      } catch (error) {
        // It stands among those that are overdue soon.
        this.#options.report(error);
      }
    }
  }
}
