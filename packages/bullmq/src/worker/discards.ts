import type { Clock, Timer } from '@offstage/core';
import { type DiscardOutcome, type JobExecutor, randomId } from '@offstage/core/engine';
import type { JobRecord } from '../records/job-record.ts';
import type { Committed, JobStore } from '../records/job-store.ts';
import { holdDiscardScript, leaveDiscardScript, takeDiscardScript } from '../redis/scripts.ts';
import { decodeValue } from '../shared/value-codec.ts';
import { isCutOff } from './cut-off.ts';

// A worker that dies with a discard leaves it to the next after so long and half as long again, in which one that lives says so.
const claimMs = 60_000;
const holdMs = claimMs / 4;

export interface DiscardsOptions {
  readonly store: JobStore;
  readonly executor: JobExecutor;
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly report: (error: unknown, record?: JobRecord) => string;
  /** Does what has to be done in Redis, again and again until it is. */
  readonly insist: <T>(act: () => Promise<T>) => Promise<T>;
  /** A key may have gone to the next. */
  readonly released: (committed: Committed) => Promise<void>;
}

/** Runs what is to be removed of jobs that did not succeed, wherever they ended (J9). */
export class Discards {
  readonly #options: DiscardsOptions;
  #work: Promise<void> | undefined;
  #isAsked = false;
  #isClosing = false;

  constructor(options: DiscardsOptions) {
    this.#options = options;
  }

  look(): void {
    if (this.#isClosing) return;
    this.#isAsked = true;
    this.#work ??= this.#drain().finally(() => {
      this.#work = undefined;
      if (this.#isAsked) this.look();
    });
  }

  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** The executor ends: none begins any more, and what it cuts off is left to another worker. */
  close(): void {
    this.#isClosing = true;
    this.#isAsked = false;
  }

  async #drain(): Promise<void> {
    const { store, names, report } = this.#options;
    this.#isAsked = false;
    try {
      while (!this.#isClosing) {
        const taker = randomId();
        const id = String(await store.link.run(takeDiscardScript, [claimMs, taker, ...names()]));
        if (id === '') return;
        const release = this.#hold(id, taker);
        const isOver = await this.#discard(id).finally(release);
        if (!isOver) await store.link.run(leaveDiscardScript, [taker, id]);
      }
    } catch (error) {
      report(error);
    }
  }

  /** Keeps others from it for as long as it is worked on, its end included; answers how to let go. */
  #hold(id: string, taker: string): () => void {
    const { clock, store } = this.#options;
    let timer: Timer | undefined;
    let isOver = false;
    const later = (): void => {
      timer = clock.schedule(holdMs, () => {
        void store.link
          .run(holdDiscardScript, [claimMs, taker, id])
          // What Redis refuses now, it may take the next time.
          .catch(() => {})
          .then(() => {
            if (!isOver) later();
          });
      });
    };
    later();
    return () => {
      isOver = true;
      timer?.cancel();
    };
  }

  /** Whether it need not run again. */
  async #discard(id: string): Promise<boolean> {
    const { store, executor, insist, report, released } = this.#options;
    // It is run once: with its input, or not before that can be read.
    const record = await insist(() => store.find(id, 'handler'));
    if (record === undefined || record.state.isHandling) return true;
    const { input } = record;
    const { status, failure } = record.state;
    if (status !== 'failed' && status !== 'canceled') return true;
    if (this.#isClosing) return false;
    if (executor.handler(record.name)?.discards === true) {
      const outcome: DiscardOutcome =
        status === 'failed' && failure !== undefined
          ? { status: 'failed', failure }
          : { status: 'canceled' };
      try {
        await executor.discard({
          jobId: id,
          name: record.name,
          input: Buffer.isBuffer(input) ? decodeValue(input) : undefined,
          outcome,
        });
      } catch (error) {
        if (this.#isClosing && isCutOff(error)) return false;
        report(error, record);
      }
    }
    // It would run again, and hold the job's key and place until then.
    await released(await insist(() => store.dispatch(id, () => ({ type: 'discarded' }))));
    return true;
  }
}
