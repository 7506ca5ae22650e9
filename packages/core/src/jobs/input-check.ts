import type { Timer } from '../foundation/clock.ts';
import type { AttemptUnderWay } from './job.ts';

/**
 * An attempt of a job that was kept, while the schema of its input has not answered. Nothing else runs
 * for it yet, so whoever stops it need not wait for the answer, which may never come (F2).
 */
export class InputCheck implements AttemptUnderWay {
  /** No executor has any of it. */
  readonly isOver = true;
  readonly #timeout: Timer | undefined;
  #isWaitedFor = true;

  constructor(timeout: Timer | undefined) {
    this.#timeout = timeout;
  }

  get isWaitedFor(): boolean {
    return this.#isWaitedFor;
  }

  /** The handler begins: the time limit goes on for it. */
  pass(): void {
    this.#isWaitedFor = false;
  }

  end(): void {
    this.#isWaitedFor = false;
    this.#timeout?.cancel();
  }

  stop(): void {
    // Its end is carried out by whoever asks for it.
  }

  giveUp(): void {
    this.end();
  }
}
