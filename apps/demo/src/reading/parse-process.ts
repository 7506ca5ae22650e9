import { ChildPool } from './child-pool.ts';
import { type ChunkOptions, chunkDefaults } from './chunk.ts';
import type { FileFailure, ParseOutcome } from './messages.ts';
import { defaultParseLimits, type ParseLimits } from './parsed-document.ts';
import type { RunningChild } from './running-child.ts';

export interface ParseProcessOptions {
  /** A file that takes longer is given up. @default 30_000 */
  readonly fileTimeoutMs?: number | undefined;
  /** What the child may hold beyond what Node itself needs. @default 512 */
  readonly memoryLimitMb?: number | undefined;
  /** @default defaultParseLimits */
  readonly limits?: ParseLimits | undefined;
  /** How texts are cut into passages. @default chunkDefaults */
  readonly chunking?: ChunkOptions | undefined;
  /** A module that exports `parseFile`. @default this folder's parse-file.ts */
  readonly parser?: URL | undefined;
  /** Where a child is taken from and left to the next one. @default one that keeps none */
  readonly pool?: ChildPool | undefined;
}

interface Settings {
  readonly fileTimeoutMs: number;
  readonly memoryLimitMb: number;
  readonly limits: ParseLimits;
  readonly chunking: ChunkOptions;
  readonly parser: URL;
  readonly pool: ChildPool;
}

/** Is told the JSON of an answer as a child wrote it, before the outcome is there; of a child that died, nothing. */
export type TellJson = (json: Uint8Array) => void;

interface Pending {
  readonly bytes: Uint8Array;
  readonly extension: string;
  readonly tellJson: TellJson | undefined;
  /** See `ParseRequest`. Whether a file is at fault is known only of prompt ones. */
  prompt: boolean;
  /** A file on which a child died is tried once more, in a fresh one: it may have died of another. */
  attempts: number;
  /** How long children that died were at it: it has one limit, however often it is tried. */
  spentMs: number;
  readonly settle: (outcome: ParseOutcome) => void;
  readonly fail: (error: unknown) => void;
}

// What is parsed in less time than it takes to wake this process.
const smallBytes = 64 * 1024;
const quickExtensions = new Set(['.md', '.markdown', '.txt', '.html', '.htm', '']);

/**
 * Parses files in a child process that can be killed at any moment (D6). Files given ahead wait in
 * the child's pipe and are answered in order, so that parsing and what is done with it overlap. A
 * child that hangs, crashes or exhausts its memory costs the one file that it was at; it is replaced,
 * and goes on with the rest.
 *
 * @example
 * await using parser = new ParseProcess({ signal });
 * const outcome = await parser.parse(bytes, '.pdf');
 */
export class ParseProcess {
  readonly #options: Settings;
  #signal: AbortSignal | undefined;
  readonly #pending: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  /** Since when the file at the head is waited for. */
  #headSince = 0;
  #child: RunningChild | undefined;
  #closed = false;

  /** Aborting the signal kills the child, and what is pending rejects with its reason. */
  constructor(options: ParseProcessOptions & { readonly signal?: AbortSignal | undefined } = {}) {
    const { signal, fileTimeoutMs, memoryLimitMb, limits, chunking, parser, pool } = options;
    this.#options = {
      fileTimeoutMs: fileTimeoutMs ?? 30_000,
      memoryLimitMb: memoryLimitMb ?? 512,
      limits: limits ?? defaultParseLimits,
      chunking: chunking ?? chunkDefaults,
      parser: parser ?? new URL('./parse-file.ts', import.meta.url),
      pool: pool ?? new ChildPool({ keep: 0 }),
    };
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    // Started ahead of the first file, so that loading it overlaps with whatever comes before.
    if (signal?.aborted !== true) this.#child = this.#start();
  }

  /**
   * What became of one file; a file that cannot be read is an outcome, not an error.
   *
   * @throws the signal's reason; an Error when no child can be started.
   */
  parse(bytes: Uint8Array, extension: string, tellJson?: TellJson): Promise<ParseOutcome> {
    return new Promise((settle, fail) => {
      if (this.#signal?.aborted) {
        fail(this.#signal.reason);
        return;
      }
      if (this.#closed) {
        fail(new Error('This parse process is closed.'));
        return;
      }
      const prompt = bytes.length > smallBytes || !quickExtensions.has(extension);
      const tried = { attempts: 0, spentMs: 0 };
      const pending: Pending = { bytes, extension, tellJson, prompt, ...tried, settle, fail };
      this.#pending.push(pending);
      this.#child ??= this.#start();
      this.#send(this.#child, pending);
      if (this.#pending.length === 1) this.#watchHead();
    });
  }

  /** Files given to it that it has not answered. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** From here on it is this signal that kills the child. */
  follow(signal: AbortSignal | undefined): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = signal;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Leaves an idle child to the pool; a busy one is ended, and waited for until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const child = this.#child;
    if (child !== undefined && this.#pending.length === 0) {
      this.#child = undefined;
      this.#stopTimer();
      await this.#options.pool.give(child);
    }
    this.#failAll(new Error('This parse process is closed.'));
    await this.#kill();
  }

  readonly #onAbort = (): void => {
    this.#failAll(this.#signal?.reason);
    void this.#kill();
  };

  #start(): RunningChild {
    const child = this.#options.pool.take(this.#options);
    child.onAnswer = (answer, json) => this.#onAnswer(child, answer, json);
    child.onEnd = (failure) => this.#onEnd(child, failure);
    return child;
  }

  #send(child: RunningChild, { bytes, extension, prompt }: Pending): void {
    const { limits, chunking } = this.#options;
    child.request({ extension, limits, chunking, prompt }, bytes);
  }

  #onAnswer(child: RunningChild, answer: ParseOutcome | undefined, json: Uint8Array): void {
    if (child !== this.#child) return;
    if (answer !== undefined) {
      const pending = this.#pending.shift();
      pending?.tellJson?.(json);
      pending?.settle(answer);
    }
    this.#watchHead();
  }

  // The clock runs for the file at the head alone, and not while its child is still loading.
  #watchHead(): void {
    const [head] = this.#pending;
    if (head === undefined || !this.#child?.ready) {
      this.#stopTimer();
      return;
    }
    this.#headSince = performance.now();
    const limitMs = Math.max(1, this.#options.fileTimeoutMs - head.spentMs);
    if (this.#timer !== undefined && this.#timerMs === limitMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = limitMs;
    this.#timer = setTimeout(() => this.#onTimer(), limitMs);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onTimer(): void {
    this.#timer = undefined;
    const head = this.#pending[0];
    const child = this.#child;
    // This thread may have been busy while the answer came: what lies in the pipe is read first.
    setImmediate(() =>
      setImmediate(() => {
        if (head === undefined || head !== this.#pending[0] || child !== this.#child) return;
        void this.#kill();
        const place = child === undefined ? -1 : child.begun - child.answered - 1;
        // Where the child has not said it in time, the next one answers each file by itself.
        const atFault = place >= 0 ? place : head.prompt ? 0 : undefined;
        if (atFault !== undefined) {
          const [slow] = this.#pending.splice(atFault, 1);
          slow?.settle({ failure: tookTooLong(this.#options.fileTimeoutMs) });
        }
        this.#restart();
      }),
    );
  }

  #onEnd(child: RunningChild, failure: FileFailure): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (!child.ready) {
      const { startError: cause, errors } = child;
      const why = cause?.message ?? errors;
      this.#failAll(new Error(`The parser's process could not start: ${why}`, { cause }));
      return;
    }
    const head = this.#pending[0];
    if (head !== undefined) {
      head.attempts += 1;
      head.spentMs += performance.now() - this.#headSince;
      if (head.attempts > 1) {
        this.#pending.shift();
        head.settle({ failure });
      }
    }
    this.#restart();
  }

  #restart(): void {
    this.#stopTimer();
    if (this.#pending.length === 0 || this.#closed) return;
    const child = this.#start();
    this.#child = child;
    for (const pending of this.#pending) {
      pending.prompt = true;
      this.#send(child, pending);
    }
  }

  #failAll(error: unknown): void {
    this.#stopTimer();
    for (const { fail } of this.#pending.splice(0)) fail(error);
  }

  #kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#stopTimer();
    return child?.kill() ?? Promise.resolve();
  }
}

const tookTooLong = (fileTimeoutMs: number): FileFailure => ({
  code: 'timeout',
  message: `it took longer than ${fileTimeoutMs / 1000} seconds to read`,
});
