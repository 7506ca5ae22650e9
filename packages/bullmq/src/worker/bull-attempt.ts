import {
  type AnyJobDefinition,
  type Clock,
  checkSchema,
  JobCanceledError,
  type JobFailure,
  OffstageError,
  type StopReason,
  type Timer,
} from '@offstage/core';
import {
  cloneSaved,
  describeFailure,
  invalidResult,
  type JobEvent,
  type JobExecutor,
  type JobHost,
  type JobOutcome,
  type JobRun,
  type JobState,
  keptFailure,
  type ReportedProgress,
  retryDelayMs,
  timeoutFailure,
  transition,
} from '@offstage/core/engine';
import type { JobRecord } from '../records/job-record.ts';
import type {
  Change,
  CommitOptions,
  Committed,
  JobStore,
  ProgressBatch,
} from '../records/job-store.ts';
import { listOfReply, type Reply, textOfReply } from '../redis/reply.ts';
import { progressScript, saveScript } from '../redis/scripts.ts';
import { decodeValue, encodeValue } from '../shared/value-codec.ts';
import { isCutOff } from './cut-off.ts';
import { insist } from './insist.ts';
import { ProgressBatcher } from './progress-batch.ts';

export interface BullAttemptOptions {
  readonly store: JobStore;
  readonly executor: JobExecutor;
  readonly definition: AnyJobDefinition;
  readonly clock: Clock;
  readonly random: () => number;
  /** As it is since the attempt began; its fence is the attempt's. */
  readonly record: JobRecord;
  /** As Redis keeps them. */
  readonly input: Reply | undefined;
  readonly saved: Reply | undefined;
  /** Tells the log; gives the reference. */
  readonly report: (error: unknown, record?: JobRecord) => string;
  /** The newest progress, for BullMQ's own boards. */
  readonly onProgress: (event: ReportedProgress) => void;
}

/** The end of an attempt whose handler has returned, before it is committed. */
export interface ReturnedAttempt {
  readonly type: 'returned';
  /** As the attempt knows the job. */
  readonly record: JobRecord;
  readonly next: Change;
  readonly options: CommitOptions;
}

/** How an attempt ended. */
export type AttemptEnd =
  | Committed
  | ReturnedAttempt
  /** Its process is shutting down, and it obeyed: another worker begins it again (K4). */
  | { readonly type: 'put back'; readonly record: JobRecord };

/**
 * One run of a handler, and the executor's host for it. What it tells goes to Redis under its fence: from
 * the moment that another attempt has taken its place, it can neither report, nor save, nor settle (E4).
 */
export class BullAttempt implements JobHost {
  readonly fence: string;
  readonly id: string;
  readonly ended: Promise<AttemptEnd>;
  readonly #options: BullAttemptOptions;
  readonly #batcher: ProgressBatcher;
  readonly #seqBefore: number;
  #resolve: (end: AttemptEnd) => void = () => {};
  #run: JobRun | undefined;
  #timeout: Timer | undefined;
  #timingOut: Promise<void> | undefined;
  #asked: StopReason | undefined;
  /** What the handler returned, as Redis keeps it. */
  #result: Buffer | undefined;
  #isOver = false;
  #isFenced = false;
  #isLeaving = false;
  /** Redis has not taken the progress that was sent last. */
  #isUntold = false;

  constructor(options: BullAttemptOptions) {
    const { record, clock } = options;
    this.#options = options;
    this.id = record.id;
    this.fence = record.fence;
    this.#seqBefore = Math.max(record.state.progress?.seq ?? 0, record.seqBefore ?? 0);
    this.#batcher = new ProgressBatcher({
      clock,
      capacity: record.capacity,
      dropped: record.state.droppedReports,
      send: (batch) => this.#send(batch),
    });
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  begin(): void {
    if (this.#isLeaving) {
      this.settled({ type: 'stopped' });
      return;
    }
    const { executor, record, input, saved, clock } = this.#options;
    try {
      this.#run = executor.run(
        {
          jobId: record.id,
          name: record.name,
          attempt: record.state.attempt,
          saved: Buffer.isBuffer(saved) ? decodeValue(saved) : undefined,
          input: Buffer.isBuffer(input) ? decodeValue(input) : undefined,
          progressCapacity: record.capacity,
        },
        this,
      );
    } catch (cause) {
      const message = 'The job cannot be handed to the executor; see the cause.';
      this.settled({
        type: 'threw',
        error: new OffstageError('executor_failed', message, { cause }),
      });
      return;
    }
    const { timeoutMs } = record;
    if (timeoutMs !== undefined) {
      this.#timeout = clock.schedule(
        timeoutMs,
        () => {
          // A handler that does not obey may never wait for it.
          this.#timingOut = this.#timedOut().catch((error) => {
            if (!this.#options.store.link.isClosed) this.#report(error);
          });
        },
        { keepAlive: true },
      );
    }
    // It was asked to stop while it was being handed over.
    if (this.#asked !== undefined) this.#run.stop(this.#asked);
  }

  progress(event: ReportedProgress): void {
    if (this.#isOver || this.#isFenced) return;
    const { seq, at, phase, percent, message } = event;
    const { attempt } = this.#options.record.state;
    this.#batcher.push({ seq: this.#seqBefore + seq, at, phase, percent, message, attempt });
    this.#options.onProgress(event);
  }

  dropped(count: number): void {
    if (!this.#isOver && count > 0) this.#batcher.drop(count);
  }

  async saved(state: unknown): Promise<void> {
    if (this.#isOver) throw fenced();
    const bytes = encodeValue('saved', cloneSaved(state));
    const { store } = this.#options;
    const answer = String(await store.link.run(saveScript, [this.id, this.fence, bytes]));
    if (answer === 'ok') return;
    this.fenceOff();
    throw fenced();
  }

  settled(outcome: JobOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timeout?.cancel();
    void this.#settle(outcome).then(this.#resolve, (error) => {
      this.#options.report(error, this.#options.record);
      this.#resolve({ type: 'gone' });
    });
  }

  /** Asks the handler to stop; the request stands in Redis already. */
  stop(reason: StopReason): void {
    this.#asked ??= reason;
    this.#run?.stop(reason);
  }

  /** This process is going away. */
  leave(): void {
    this.#isLeaving = true;
    this.stop('shutdown');
  }

  /** Another attempt has taken the job's place, or the job is gone. */
  fenceOff(): void {
    if (this.#isFenced || this.#isOver) return;
    this.#isFenced = true;
    this.stop('replaced');
  }

  /** Whether there is no need to send it again. */
  async #send(batch: ProgressBatch): Promise<boolean> {
    if (this.#isFenced) return true;
    try {
      const [answer, stop] = listOfReply(
        await this.#options.store.link.run(progressScript, [
          this.id,
          this.fence,
          batch.seq,
          batch.dropped,
          this.#options.record.capacity,
          '',
          ...batch.events,
        ]),
      ).map(textOfReply);
      this.#isUntold = false;
      if (answer !== 'ok') this.fenceOff();
      else if (stop !== undefined && stop !== '') this.stop(stop as StopReason);
      return true;
    } catch (error) {
      // It is told once, not at each attempt to send it.
      if (!this.#isUntold) this.#options.report(error, this.#options.record);
      this.#isUntold = true;
      return false;
    }
  }

  async #timedOut(): Promise<void> {
    const at = this.#options.clock.now();
    // The handler is stopped at once, and Redis told as soon as it can be.
    this.stop('timeout');
    await insist(this.#insistence, () =>
      this.#options.store.dispatch(
        this.id,
        () => ({ type: 'stopRequested', at, reason: 'timeout' }),
        { fence: this.fence },
      ),
    );
  }

  async #settle(outcome: JobOutcome): Promise<AttemptEnd> {
    const progress = await this.#batcher.close();
    await this.#timingOut;
    const next = await this.#next(outcome);
    const { store, record } = this.#options;
    const options = { fence: this.fence, newFence: '', progress, result: this.#result };
    let isPutBack = false;
    const change: Change = (known) => {
      isPutBack = this.#isLeaving && outcome.type === 'stopped' && isUndisturbed(known.state);
      const event: JobEvent = isPutBack ? { type: 'putBack' } : next(known);
      const { state, actions } = transition(known.state, event);
      return actions.length === 0 ? undefined : { state, actions };
    };
    if (this.#result !== undefined) return { type: 'returned', record, next: change, options };
    const committed = await insist(this.#insistence, () =>
      store.change(this.id, change, { ...options, known: record }),
    );
    return isPutBack && committed.type === 'done'
      ? { type: 'put back', record: committed.record }
      : committed;
  }

  /** What the outcome is to the job, whatever was asked of that meanwhile. */
  async #next(outcome: JobOutcome): Promise<(known: JobRecord) => JobEvent> {
    const { clock, definition } = this.#options;
    if (outcome.type === 'threw') {
      const isLeft = this.#isLeaving && isCutOff(outcome.error);
      return isLeft ? this.#interrupted(outcome.error) : this.#failed(outcome.error);
    }
    if (outcome.type === 'stopped') return (known) => this.#stopped(known);
    const checked = await checkSchema(definition.result, outcome.value);
    if (!checked.valid) return this.#failed(invalidResult(definition, checked));
    try {
      this.#result = encodeValue('result', checked.value);
    } catch (error) {
      return this.#refused(error);
    }
    return () => ({ type: 'returned', at: clock.now(), result: checked.value });
  }

  #failed(error: unknown): (known: JobRecord) => JobEvent {
    const failure = describeFailure(error, this.#report(error));
    return (known) => this.#retryOrFail(known, error, failure);
  }

  /** Its process does not wait for it any longer. */
  #interrupted(cause: unknown): (known: JobRecord) => JobEvent {
    const { clock, record } = this.#options;
    const message = 'The job did not end within the grace of the shutdown of its process.';
    const details = { attempt: record.state.attempt };
    const error = new OffstageError('interrupted', message, { cause, details });
    const failure = describeFailure(error, this.#report(error));
    return () => ({ type: 'interrupted', at: clock.now(), failure });
  }

  /** What it returned cannot be kept. */
  #refused(error: unknown): (known: JobRecord) => JobEvent {
    const code = Object(error).code === 'too_large' ? 'too_large' : 'not_serializable';
    const failure = keptFailure(code, this.#report(error));
    return (known) => this.#retryOrFail(known, error, failure);
  }

  #stopped(known: JobRecord): JobEvent {
    if (known.state.stopReason !== 'timeout') {
      return { type: 'stopped', at: this.#options.clock.now(), reference: '' };
    }
    const error = new JobCanceledError('timeout');
    return this.#retryOrFail(known, error, timeoutFailure(this.#report(error)));
  }

  #retryOrFail({ state, retry }: JobRecord, error: unknown, failure: JobFailure): JobEvent {
    const { clock, random } = this.#options;
    const at = clock.now();
    const delayMs = retryDelayMs(retry, state.attempt, error, random);
    return delayMs === undefined
      ? { type: 'failed', at, failure }
      : { type: 'retrying', at, availableAt: at + Math.round(delayMs), failure };
  }

  get #insistence() {
    const { clock, store, report } = this.#options;
    return { clock, link: store.link, report };
  }

  #report(error: unknown): string {
    return this.#options.report(error, this.#options.record);
  }
}

/** Nobody but the end of this process asked it to stop. */
const isUndisturbed = ({ status, stopReason }: JobState): boolean =>
  status === 'running' && stopReason === null;

const fenced = (): OffstageError =>
  new OffstageError(
    'fenced',
    'Another attempt has taken the place of this one, or the job is gone; what it saves is not kept.',
  );
