import { ParseProcesses, type ParseProcessesOptions } from './parse-processes.ts';

interface Left {
  readonly parsers: ParseProcesses;
  readonly settings: string;
}

/**
 * Parsers that a job has left at work, for the next job of its thread: that one goes on with them, and with
 * what they are at, so that no parser is idle between two jobs and none begins a file twice. Where no job
 * comes for them, they end what they are at, each file within its limit, and their children go to the pool.
 */
export class LeftParsers {
  #left: Left | undefined;

  /** Those that were left by the same settings, or new ones. */
  async take(options: ParseProcessesOptions): Promise<ParseProcesses> {
    const left = this.#left;
    this.#left = undefined;
    if (left?.settings === settingsOf(options)) return left.parsers.handTo(options);
    await left?.parsers[Symbol.asyncDispose]();
    return new ParseProcesses(options);
  }

  /** Whoever left them has none from here on. */
  async leave(parsers: ParseProcesses): Promise<void> {
    const left = {
      parsers: parsers.handTo({ signal: undefined }),
      settings: settingsOf(parsers.options),
    };
    if (left.parsers.waiting > 0) {
      this.#left = left;
      void left.parsers.idle().then(() => this.#end(left));
    } else {
      await left.parsers[Symbol.asyncDispose]();
    }
  }

  #end(left: Left): void {
    // Somebody has taken them, and given them more.
    if (this.#left !== left) return;
    this.#left = undefined;
    void left.parsers[Symbol.asyncDispose]();
  }
}

const settingsOf = (options: ParseProcessesOptions): string => {
  const { fileTimeoutMs, memoryLimitMb, processes, chunking, limits, parser } = options;
  return JSON.stringify([fileTimeoutMs, memoryLimitMb, processes, chunking, limits, parser?.href]);
};
