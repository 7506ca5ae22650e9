import { backoffMs } from '../foundation/backoff.ts';
import type { Clock, Timer } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import { managerClosed } from './admission-errors.ts';
import type { Job } from './job.ts';
import { type JobEvent, type JobState, type JournalEntryType, transition } from './job-state.ts';
import type { JobJournal, JournalEntry } from './journal.ts';
import { admissionEntries, changeEntries, type KeptStart } from './kept-entries.ts';
import { KeptProgress } from './kept-progress.ts';
import type { PendingWrite } from './pending-write.ts';

/** Whose jobs are kept. */
export interface DurableHost {
  readonly clock: Clock;
  dispatch(job: Job, event: JobEvent): void;
  /** It is admitted and durable: its owner may see it. */
  show(job: Job): void;
  /** It could not be kept: nothing of it is left behind. */
  withdraw(job: Job): void;
  /** It is about to end without having begun. */
  unschedule(job: Job): void;
  /** What its handler returned cannot be kept. */
  resultRefused(job: Job, error: OffstageError): void;
  report(error: unknown, job?: Job): string;
}

/**
 * Stands between deciding and showing (K2): an event of a job that its journal has to have first is
 * held, written, and dispatched again when it is durable.
 *
 *   dispatch ──holds──> pending ──durable──> dispatched again ──> what was deferred
 *                          │ ^
 *                          └─┘ the journal refuses: tried again, and nothing is shown
 *
 * Admission, the start of an attempt, its being put back, the end and the discard wait for the journal.
 * Progress, a request to stop and a release are carried out at once, and written beside.
 */
export class DurableJobs {
  readonly #journal: JobJournal;
  readonly #host: DurableHost;
  readonly #progress: KeptProgress;
  readonly #stuck = new Set<Job>();
  /** Requests to stop and releases that are not durable yet. */
  readonly #beside = new Map<Job, Promise<void>>();
  /** Those of them that were refused, to be written again. */
  readonly #unkept = new Map<Job, JournalEntry>();
  /** Why the newest write was refused. */
  #refusal: unknown;
  #isTold = false;
  #passing: JobEvent | undefined;
  #newest: Promise<void> = done;
  #starting = 0;
  #admitting = 0;
  #failures = 0;
  #retry: Timer | undefined;
  /** `leaving`: attempts begin no more. `left`: jobs stay as their journal has them. */
  #mode: 'open' | 'leaving' | 'left' | 'closed' = 'open';

  constructor(journal: JobJournal, host: DurableHost) {
    this.#journal = journal;
    this.#host = host;
    this.#progress = new KeptProgress(host.clock, (entries) => {
      void this.#write(entries);
    });
  }

  /** Attempts that hold a slot, and are shown as queued until their number is durable. */
  get starting(): number {
    return this.#starting;
  }

  /** Jobs that have a place and are not durable yet. */
  get admitting(): number {
    return this.#admitting;
  }

  /** Whether a shutdown puts jobs back. */
  get isLeaving(): boolean {
    return this.#mode === 'leaving' || this.#mode === 'left';
  }

  /** Whether the event is taken, to be dispatched again, or not at all. */
  holds(job: Job, event: JobEvent): boolean {
    if (event === this.#passing || this.#mode === 'closed') return false;
    // What is at rest may go here; the next process has it still.
    if (this.#mode === 'left') return event.type !== 'released';
    const { pendingWrite } = job;
    if (pendingWrite !== undefined) return this.#meanwhile(job, pendingWrite, event);
    if (event.type === 'progress') {
      if (job.state.status === 'running') this.#progress.add(job);
      return false;
    }
    const unkept = event.type === 'stopRequested' ? this.#unkept.get(job) : undefined;
    if (unkept !== undefined) this.#writeBeside(job, unkept);
    const { state, actions } = transition(job.state, event);
    const [first] = actions;
    if (first?.type !== 'write') return false;
    if (first.entry === 'stopRequested' && event.type === 'stopRequested') {
      const { at, reason } = event;
      this.#writeBeside(job, { type: 'stopRequested', id: job.id, at, reason });
      return false;
    }
    if (first.entry === 'released') {
      this.#writeBeside(job, { type: 'released', id: job.id });
      return false;
    }
    this.#hold(job, event, first.entry, state);
    return true;
  }

  /** Takes a job that has its place, but is not to be seen before it is durable. */
  admit(job: Job, availableAt: number | null, start: KeptStart): void {
    const entries = admissionEntries(job, availableAt, start);
    this.#admitting += 1;
    this.#attempt(job, 'admitted', { type: 'admitted', availableAt }, entries);
  }

  /** @throws OffstageError why the job could not be kept; nothing of it is left behind. */
  admitted({ pendingWrite }: Job): Promise<void> {
    return pendingWrite?.type === 'admitted' ? pendingWrite.tried : done;
  }

  /** @throws OffstageError `journal_full`, `journal_failed`, `not_serializable`, `too_large`. */
  saved(job: Job, state: unknown): Promise<void> {
    const writing = this.#journal.write({ type: 'saved', id: job.id, state });
    this.#newest = writing.catch(ignore);
    return writing;
  }

  /**
   * Resolves when all that has happened to the job is durable.
   *
   * @throws whatever the journal refuses it with; it is tried again, unless the process ends.
   * `manager_closed` after the jobs were left to the next process.
   */
  async kept(job: Job): Promise<void> {
    if (this.#mode === 'left') throw managerClosed();
    for (;;) {
      const { pendingWrite } = job;
      if (pendingWrite === undefined) break;
      if (this.#stuck.has(job)) throw this.#refusal;
      await pendingWrite.tried.catch(ignore);
    }
    await this.#beside.get(job);
  }

  /** No attempt begins any more; those whose start is not durable yet are put back. */
  leave(): void {
    this.#mode = 'leaving';
  }

  /** Nothing that happens to jobs from here on happens to them: the next process goes on with them (K4). */
  async left(): Promise<void> {
    this.#mode = 'left';
    await this.#end();
  }

  /** Nothing is kept from here on. */
  async close(): Promise<void> {
    await this.#end();
    this.#mode = 'closed';
  }

  async #end(): Promise<void> {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#progress.flush();
    for (let newest: unknown; newest !== this.#newest; ) {
      newest = this.#newest;
      await this.#newest.catch(ignore);
    }
    await this.#journal.close();
  }

  /** An event of a job whose last change is not durable yet. */
  #meanwhile(job: Job, pending: PendingWrite, event: JobEvent): boolean {
    if (pending.type === 'ended') {
      // Its attempt may go on, if a shutdown gave it up.
      if (event.type === 'progress' || event.type === 'dropped') return false;
      // Shown, as a cancel that comes too late is (J5), and nothing else.
      if (event.type === 'stopRequested') return job.state.status === 'queued';
    }
    pending.deferred.push(event);
    return true;
  }

  #hold(job: Job, event: JobEvent, type: JournalEntryType, next: JobState): void {
    if (type === 'started') this.#starting += 1;
    // It must not begin meanwhile.
    if (type === 'ended' && job.state.status === 'queued') this.#host.unschedule(job);
    const isProgressDue = this.#progress.take(job);
    this.#attempt(job, type, event, changeEntries(job, type, event, next, isProgressDue));
  }

  #attempt(
    job: Job,
    type: JournalEntryType,
    event: JobEvent,
    entries: readonly JournalEntry[],
  ): void {
    const pending: PendingWrite = { type, event, entries, deferred: [], tried: this.#newest };
    job.pendingWrite = pending;
    this.#try(job, pending);
  }

  #try(job: Job, pending: PendingWrite): void {
    pending.tried = this.#journal.write(...pending.entries).then(
      () => this.#durable(job, pending),
      (error) => this.#refused(job, pending, error),
    );
    // Who starts a job hears of its refusal.
    this.#newest = pending.tried;
  }

  #durable(job: Job, pending: PendingWrite): void {
    this.#failures = 0;
    this.#isTold = false;
    this.#settle(job, pending);
    const { type, event, deferred } = pending;
    if (type === 'admitted') this.#host.show(job);
    if (type !== 'started' || this.#begins(job, deferred)) this.#pass(job, event);
    for (const later of deferred) this.#host.dispatch(job, later);
  }

  /** Tells a refusal, unless the one before it was told and nothing was kept since. */
  #tell(error: unknown, job?: Job): void {
    this.#refusal = error;
    if (!this.#isTold) this.#host.report(error, job);
    this.#isTold = true;
  }

  #settle(job: Job, pending: PendingWrite): void {
    job.pendingWrite = undefined;
    this.#stuck.delete(job);
    // What comes after a request to stop says more than it.
    if (this.#unkept.size > 0) this.#unkept.delete(job);
    if (pending.type === 'started') this.#starting -= 1;
    if (pending.type === 'admitted') this.#admitting -= 1;
  }

  /** Whether an attempt begins whose number is durable: not after a cancel (J5), nor at the end (K4). */
  #begins(job: Job, deferred: readonly JobEvent[]): boolean {
    if (deferred.some(({ type }) => type === 'stopRequested')) return false;
    if (this.#mode === 'open') return true;
    const { attempt } = job.state;
    void this.#write([{ type: 'retrying', id: job.id, attempt, availableAt: null }]);
    return false;
  }

  #pass(job: Job, event: JobEvent): void {
    this.#passing = event;
    try {
      this.#host.dispatch(job, event);
    } finally {
      this.#passing = undefined;
    }
  }

  #refused(job: Job, pending: PendingWrite, error: unknown): void {
    if (pending.type === 'admitted') {
      this.#settle(job, pending);
      this.#host.withdraw(job);
      throw error;
    }
    if (isOfValue(error) && pending.event.type === 'returned') {
      this.#settle(job, pending);
      this.#host.resultRefused(job, error);
      for (const later of pending.deferred) this.#host.dispatch(job, later);
      return;
    }
    this.#tell(error, job);
    this.#stuck.add(job);
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#retry !== undefined || this.#mode === 'left' || this.#mode === 'closed') return;
    this.#failures += 1;
    const again = (): void => {
      this.#retry = undefined;
      for (const job of this.#stuck) {
        if (job.pendingWrite !== undefined) this.#try(job, job.pendingWrite);
      }
      for (const [job, entry] of [...this.#unkept]) this.#writeBeside(job, entry);
    };
    const waitMs = backoffMs(firstRetryMs, this.#failures, 1);
    // Its jobs are not at rest, and nothing else may be under way.
    this.#retry = this.#host.clock.schedule(waitMs, again, { keepAlive: true });
  }

  /** What is carried out at once; `kept` waits for it. */
  #writeBeside(job: Job, entry: JournalEntry): void {
    const writing = this.#journal.write(entry);
    this.#beside.set(job, writing);
    const over = (): void => {
      if (this.#beside.get(job) === writing) this.#beside.delete(job);
    };
    this.#unkept.delete(job);
    this.#newest = writing.then(over, (error) => {
      over();
      this.#tell(error, job);
      this.#unkept.set(job, entry);
      this.#tryAgain();
    });
  }

  /** What nobody waits for. */
  async #write(entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const writing = this.#journal.write(...entries).catch((error) => this.#tell(error));
    this.#newest = writing;
    await writing;
  }
}

const done = Promise.resolve();
const firstRetryMs = 50;
const ignore = (): void => {};

/** The value is at fault, not the journal. */
const isOfValue = (error: unknown): error is OffstageError =>
  OffstageError.isInstance(error) &&
  (error.code === 'too_large' || error.code === 'not_serializable');
