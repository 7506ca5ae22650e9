import { type ParseChildOptions, RunningChild } from './running-child.ts';

export interface ChildPoolOptions {
  /** How many idle children are kept. @default 2 */
  readonly keep?: number;
  /** How long a child may be idle, in milliseconds. @default 10_000 */
  readonly idleMs?: number;
}

/**
 * Keeps parse children between jobs: one that is loaded and warm parses at once, and twice as fast.
 * Idle children do not keep the process alive, and go when it goes.
 */
export class ChildPool {
  readonly #keep: number;
  readonly #idleMs: number;
  readonly #idle = new Map<RunningChild, NodeJS.Timeout>();

  constructor({ keep = 2, idleMs = 10_000 }: ChildPoolOptions = {}) {
    this.#keep = keep;
    this.#idleMs = idleMs;
  }

  /** An idle child with the same options, or a new one. */
  take(options: ParseChildOptions): RunningChild {
    for (const [child, timer] of this.#idle) {
      const { memoryLimitMb, parser } = child.options;
      if (memoryLimitMb !== options.memoryLimitMb || parser.href !== options.parser.href) continue;
      clearTimeout(timer);
      this.#idle.delete(child);
      child.hold(true);
      return child;
    }
    return new RunningChild(options);
  }

  /** Takes back a child with no request under way; resolves when what is not kept is gone. */
  async give(child: RunningChild): Promise<void> {
    child.onAnswer = () => {};
    child.onEnd = () => this.#forget(child);
    if (!child.ready || this.#idle.size >= this.#keep) {
      await child.kill();
      return;
    }
    child.hold(false);
    const timer = setTimeout(() => void child.kill(), this.#idleMs).unref();
    this.#idle.set(child, timer);
  }

  #forget(child: RunningChild): void {
    clearTimeout(this.#idle.get(child));
    this.#idle.delete(child);
  }
}
