import type { Clock, ProgressEvent, Timer } from '@offstage/core';
import type { ProgressBatch } from '../records/job-store.ts';

// The first report of a burst shows soon; from then on Redis hears of a job ten times a second.
const soonMs = 20;
const everyMs = 100;
// What Redis has refused it may take a moment later.
const againMs = 1000;

export interface ProgressBatchOptions {
  readonly clock: Clock;
  readonly capacity: number;
  /** Reports of the job that were dropped before. */
  readonly dropped: number;
  /** Sends what has gathered; whether it was taken. What was not comes again with what is newer. Must not reject. */
  readonly send: (batch: ProgressBatch) => Promise<boolean>;
}

/**
 * What an attempt reports on its way to Redis: the newest events, as many as are kept there, a few
 * times a second, however many it reports (E3, P6).
 */
export class ProgressBatcher {
  readonly #options: ProgressBatchOptions;
  #events: string[] = [];
  #seq = 0;
  #dropped: number;
  #knownDropped: number;
  #timer: Timer | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ProgressBatchOptions) {
    this.#options = options;
    this.#dropped = options.dropped;
    this.#knownDropped = options.dropped;
  }

  push(event: ProgressEvent): void {
    if (this.#isClosed || event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.#events.push(JSON.stringify(event));
    // Halved now and then rather than shifted at each event.
    if (this.#events.length >= 2 * this.#options.capacity) this.#trim();
    this.#later();
  }

  drop(count: number): void {
    this.#dropped += count;
    this.#later();
  }

  /** What was not taken yet; nothing is sent any more. */
  async close(): Promise<ProgressBatch> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#sending;
    return this.#take();
  }

  #trim(): void {
    this.#events = this.#events.slice(-this.#options.capacity);
  }

  #take(): ProgressBatch {
    this.#trim();
    const dropped = this.#dropped > this.#knownDropped ? this.#dropped : 0;
    const batch = { seq: this.#seq, dropped, events: this.#events };
    this.#events = [];
    return batch;
  }

  #later(gapMs = everyMs): void {
    if (this.#isClosed || this.#timer !== undefined || this.#sending !== undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(soonMs, this.#sentAt + gapMs - clock.monotonic());
    this.#timer = clock.schedule(wait, () => {
      this.#timer = undefined;
      this.#sending = this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#sentAt = this.#options.clock.monotonic();
    const batch = this.#take();
    const isTaken = await this.#options.send(batch);
    this.#sending = undefined;
    if (!isTaken) this.#events = [...batch.events, ...this.#events];
    else if (batch.dropped > 0) this.#knownDropped = batch.dropped;
    if (this.#events.length === 0 && this.#dropped === this.#knownDropped) return;
    this.#later(isTaken ? everyMs : againMs);
  }
}
