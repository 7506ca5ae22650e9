import { availableParallelism } from 'node:os';
import type { ParseOutcome } from './messages.ts';
import { ParseProcess, type ParseProcessOptions } from './parse-process.ts';

export interface ParseProcessesOptions extends ParseProcessOptions {
  /** Aborting it kills the children; see `ParseProcess`. */
  readonly signal?: AbortSignal | undefined;
  /** At most this many children at once. @default 2, or 1 where there is one processor */
  readonly processes?: number | undefined;
  /** With this many files waiting at each child, another one is worth its start. @default 16 */
  readonly backlog?: number | undefined;
}

/**
 * Some parse processes side by side: the first starts at once, the others when files pile up. Each
 * file goes to the one with the fewest waiting, so one that hangs holds up its own alone.
 */
export class ParseProcesses {
  readonly #options: ParseProcessesOptions;
  readonly #most: number;
  readonly #backlog: number;
  readonly #processes: ParseProcess[];

  constructor(options: ParseProcessesOptions = {}) {
    this.#options = options;
    this.#most = options.processes ?? Math.min(2, availableParallelism());
    this.#backlog = options.backlog ?? 16;
    this.#processes = [new ParseProcess(options)];
  }

  /** See `ParseProcess.parse`. */
  parse(bytes: Uint8Array, extension: string): Promise<ParseOutcome> {
    return this.#leastBusy().parse(bytes, extension);
  }

  /** Leaves idle children to the pool, and ends the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }

  #leastBusy(): ParseProcess {
    const [first, ...others] = this.#processes;
    let least = first ?? this.#add();
    for (const process of others) if (process.waiting < least.waiting) least = process;
    return least.waiting >= this.#backlog && this.#processes.length < this.#most
      ? this.#add()
      : least;
  }

  #add(): ParseProcess {
    const process = new ParseProcess(this.#options);
    this.#processes.push(process);
    return process;
  }
}
