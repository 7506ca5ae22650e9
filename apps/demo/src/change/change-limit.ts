import { PublicError } from '@offstage/core';

/** The time that a whole change may take, besides the limit of each file. */
export class ChangeLimit {
  /** Aborted by the job's own signal, or when the time is over. */
  readonly signal: AbortSignal;
  readonly #job: AbortSignal;
  readonly #maxMs: number;
  readonly #startedAt = performance.now();
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(maxMs: number, job: AbortSignal) {
    this.#maxMs = maxMs;
    this.#job = job;
    this.#timer = setTimeout(() => this.#over.abort(changeTimeout(maxMs)), maxMs);
    this.signal = AbortSignal.any([job, this.#over.signal]);
  }

  /** Also where nothing else gets its turn. @throws what the signal has as its reason */
  check(): void {
    this.#job.throwIfAborted();
    if (performance.now() - this.#startedAt > this.#maxMs) {
      this.#over.abort(changeTimeout(this.#maxMs));
    }
    this.signal.throwIfAborted();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const changeTimeout = (maxMs: number): PublicError =>
  new PublicError(
    'change_timeout',
    `The change took longer than ${duration(maxMs)}, so it was stopped and nothing was published. Start again with fewer files.`,
  );

function duration(ms: number): string {
  if (ms < 120_000) return `${ms / 1000} seconds`;
  return `${Math.round(ms / 60_000)} minutes`;
}
