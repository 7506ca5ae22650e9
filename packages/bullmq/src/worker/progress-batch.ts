import type { Clock, ProgressEvent, Timer } from '@offstage/core';
import type { ProgressBatch } from '../records/job-store.ts';

// The first report of a burst shows soon; from then on Redis hears of a job ten times a second.
const soonMs = 20;
const everyMs = 100;

export interface ProgressBatchOptions {
  readonly clock: Clock;
  readonly capacity: number;
  /** Sends what has gathered; must not reject. */
  readonly send: (batch: ProgressBatch) => Promise<void>;
}

/**
 * What an attempt reports on its way to Redis: the newest events, as many as are kept there, a few
 * times a second, however many it reports (E3, P6).
 */
export class ProgressBatcher {
  readonly #options: ProgressBatchOptions;
  #events: string[] = [];
  #seq = 0;
  #dropped = 0;
  #timer: Timer | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ProgressBatchOptions) {
    this.#options = options;
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

  /** What was not sent yet; nothing is sent any more. */
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
    const batch = { seq: this.#seq, dropped: this.#dropped, events: this.#events };
    this.#events = [];
    this.#dropped = 0;
    return batch;
  }

  #later(): void {
    if (this.#isClosed || this.#timer !== undefined || this.#sending !== undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(soonMs, this.#sentAt + everyMs - clock.monotonic());
    this.#timer = clock.schedule(wait, () => {
      this.#timer = undefined;
      this.#sentAt = clock.monotonic();
      this.#sending = this.#options.send(this.#take()).finally(() => {
        this.#sending = undefined;
        if (this.#events.length > 0 || this.#dropped > 0) this.#later();
      });
    });
  }
}
