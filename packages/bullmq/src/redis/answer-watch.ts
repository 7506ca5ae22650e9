import type { Clock, Timer } from '@offstage/core';
import { type Command, type Redis, ReplyError } from 'ioredis';

const tickMs = 1000;
// Counted by ticks, not by time: what a busy process has not read yet is no silence of Redis.
const mostTicks = 3;

/**
 * Whether Redis answers what it is asked. A connection may stand and nothing come over it, as from a process that is stopped, or
 * a wire that drops all: then neither end is told of it.
 */
export class AnswerWatch {
  readonly #clock: Clock;
  readonly #onSilent: (silence: Error) => void;
  #silence: Error | undefined;
  #pending = 0;
  #answers = 0;
  #answersAtTick = 0;
  #ticks = 0;
  #timer: Timer | undefined;

  /** `onSilent` is told once until Redis answers again. */
  constructor(clock: Clock, onSilent: (silence: Error) => void) {
    this.#clock = clock;
    this.#onSilent = onSilent;
  }

  /** Why it counts as silent; until the next answer. */
  get silence(): Error | undefined {
    return this.#silence;
  }

  /** Answers come in the order of what was asked, so any of them tells. */
  follow(redis: Redis): void {
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command, stream) => {
      const answer = send(command, stream);
      this.#ask(command);
      return answer;
    };
  }

  #ask({ promise }: Command): void {
    this.#pending += 1;
    this.#tickLater();
    promise.then(
      () => this.#answered(),
      (error) => {
        if (error instanceof ReplyError) this.#answered();
        else this.#failed(error);
      },
    );
  }

  #answered(): void {
    this.#pending -= 1;
    this.#answers += 1;
    this.#silence = undefined;
  }

  #failed(error: unknown): void {
    this.#pending -= 1;
    if (error instanceof Error && /Command timed out/.test(error.message)) this.#isSilent(error);
  }

  #isSilent(silence: Error): void {
    if (this.#silence !== undefined) return;
    this.#silence = silence;
    this.#onSilent(silence);
  }

  #tickLater(): void {
    this.#timer ??= this.#clock.schedule(tickMs, () => {
      this.#timer = undefined;
      this.#ticks =
        this.#pending > 0 && this.#answers === this.#answersAtTick ? this.#ticks + 1 : 0;
      this.#answersAtTick = this.#answers;
      if (this.#ticks >= mostTicks) {
        this.#isSilent(new Error(`Redis has not answered for ${mostTicks} seconds.`));
      }
      if (this.#pending > 0) this.#tickLater();
    });
  }
}
