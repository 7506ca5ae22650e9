import { availableParallelism } from 'node:os';
import type { ParseOutcome } from './messages.ts';
import { ParseProcess, type ParseProcessOptions, type TellJson } from './parse-process.ts';

export interface ParseProcessesOptions extends ParseProcessOptions {
  /** Aborting it kills the children; see `ParseProcess`. */
  readonly signal?: AbortSignal | undefined;
  /** At most this many children at once. @default 2, or 1 where there is one processor */
  readonly processes?: number | undefined;
  /** With this many files waiting at each child, another one is worth its start. @default 16 */
  readonly backlog?: number | undefined;
}

/** What they were given and have not answered. */
class AtWork {
  readonly #bytes = new Map<Promise<unknown>, number>();
  #answered = Promise.withResolvers<void>();
  bytes = 0;

  get files(): number {
    return this.#bytes.size;
  }

  add(outcome: Promise<unknown>, bytes: number): void {
    this.#bytes.set(outcome, bytes);
    this.bytes += bytes;
    const onEnd = (): void => {
      this.#bytes.delete(outcome);
      this.bytes -= bytes;
      this.#answered.resolve();
      this.#answered = Promise.withResolvers();
    };
    // Whoever asked sees the error.
    outcome.then(onEnd, onEnd);
  }

  get nextAnswer(): Promise<void> {
    return this.#answered.promise;
  }
}

/**
 * Some parse processes side by side: the first starts at once, the others when files pile up. Each
 * file goes to the one with the fewest waiting, so one that hangs holds up its own alone.
 */
export class ParseProcesses {
  readonly options: ParseProcessesOptions;
  readonly #most: number;
  readonly #backlog: number;
  #processes: ParseProcess[];
  #atWork: AtWork;

  constructor(options: ParseProcessesOptions = {}, from?: ParseProcesses) {
    this.options = options;
    this.#most = options.processes ?? Math.min(2, availableParallelism());
    this.#backlog = options.backlog ?? 16;
    if (from === undefined) {
      this.#atWork = new AtWork();
      this.#processes = [new ParseProcess(options)];
    } else {
      this.#atWork = from.#atWork;
      this.#processes = from.#processes;
      for (const process of this.#processes) process.follow(options.signal);
      from.#atWork = new AtWork();
      from.#processes = [];
    }
  }

  /** See `ParseProcess.parse`. */
  parse(bytes: Uint8Array, extension: string, tellJson?: TellJson): Promise<ParseOutcome> {
    const process = this.#leastBusy();
    if (process === undefined)
      return Promise.reject(new Error('These parsers are in other hands.'));
    const outcome = process.parse(bytes, extension, tellJson);
    this.#atWork.add(outcome, bytes.length);
    return outcome;
  }

  /** Files given to them that they have not answered. */
  get waiting(): number {
    return this.#atWork.files;
  }

  /** The bytes of these. */
  get waitingBytes(): number {
    return this.#atWork.bytes;
  }

  /** Resolves when one more is answered. */
  nextAnswer(): Promise<void> {
    return this.#atWork.nextAnswer;
  }

  /** Resolves when all are answered. */
  async idle(): Promise<void> {
    while (this.waiting > 0) await this.nextAnswer();
  }

  /**
   * The same children in other hands, with what they are at: from here on it is that signal that kills them.
   * These hands are empty, and of no use any more.
   */
  handTo({ signal, backlog }: Pick<ParseProcessesOptions, 'signal' | 'backlog'>): ParseProcesses {
    return new ParseProcesses({ ...this.options, signal, backlog }, this);
  }

  /** Leaves idle children to the pool, and ends the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }

  #leastBusy(): ParseProcess | undefined {
    const [first, ...others] = this.#processes;
    if (first === undefined) return undefined;
    let least = first;
    for (const process of others) if (process.waiting < least.waiting) least = process;
    return least.waiting >= this.#backlog && this.#processes.length < this.#most
      ? this.#add()
      : least;
  }

  #add(): ParseProcess {
    const process = new ParseProcess(this.options);
    this.#processes.push(process);
    return process;
  }
}
