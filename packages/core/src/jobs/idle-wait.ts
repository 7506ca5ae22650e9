import type { Clock } from '../foundation/clock.ts';

/** Waits at most so long for an end that comes once (J14). */
export class IdleWait {
  #onEnd: (() => void) | undefined;

  wait(withinMs: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.schedule(withinMs, resolve, { keepAlive: true });
      this.#onEnd = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  end(): void {
    this.#onEnd?.();
  }
}
