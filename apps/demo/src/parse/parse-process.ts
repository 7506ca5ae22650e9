import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { answerDescriptor, encodeFrame, FrameReader } from './frames.ts';
import { type FileFailure, type ParseOutcome, type ParseRequest, parseAnswer } from './messages.ts';
import { defaultParseLimits, type ParseLimits } from './parsed-document.ts';

export interface ParseProcessOptions {
  /** A file that takes longer is given up. @default 30_000 */
  readonly fileTimeoutMs?: number | undefined;
  /** What the child may hold beyond what Node itself needs. @default 512 */
  readonly memoryLimitMb?: number | undefined;
  /** @default defaultParseLimits */
  readonly limits?: ParseLimits | undefined;
  /** A module that exports `parseFile`. @default this folder's parse-file.ts */
  readonly parser?: URL | undefined;
}

interface Settings {
  readonly fileTimeoutMs: number;
  readonly memoryLimitMb: number;
  readonly limits: ParseLimits;
  readonly parser: URL;
}

interface Pending {
  readonly bytes: Uint8Array;
  readonly extension: string;
  /** A file on which a child died is tried once more, in a fresh one: it may have died of another. */
  attempts: number;
  readonly settle: (outcome: ParseOutcome) => void;
  readonly fail: (error: unknown) => void;
}

// A frame that is longer than the text limit allows for is not the parser's work.
const maxAnswerBytes = 512 * 1024 * 1024;
const startTimeoutMs = 30_000;
const baseMemoryMb = 192;

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
  readonly #signal: AbortSignal | undefined;
  readonly #pending: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #child: RunningChild | undefined;
  #closed = false;

  /** Aborting the signal kills the child, and what is pending rejects with its reason. */
  constructor(options: ParseProcessOptions & { readonly signal?: AbortSignal | undefined } = {}) {
    const { signal, fileTimeoutMs, memoryLimitMb, limits, parser } = options;
    this.#options = {
      fileTimeoutMs: fileTimeoutMs ?? 30_000,
      memoryLimitMb: memoryLimitMb ?? 512,
      limits: limits ?? defaultParseLimits,
      parser: parser ?? new URL('./parse-file.ts', import.meta.url),
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
  parse(bytes: Uint8Array, extension: string): Promise<ParseOutcome> {
    return new Promise((settle, fail) => {
      if (this.#signal?.aborted) {
        fail(this.#signal.reason);
        return;
      }
      if (this.#closed) {
        fail(new Error('This parse process is closed.'));
        return;
      }
      const pending: Pending = { bytes, extension, attempts: 0, settle, fail };
      this.#pending.push(pending);
      this.#child ??= this.#start();
      this.#send(this.#child, pending);
      if (this.#pending.length === 1) this.#watchHead();
    });
  }

  /** Ends the child and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#failAll(new Error('This parse process is closed.'));
    await this.#kill();
  }

  readonly #onAbort = (): void => {
    this.#failAll(this.#signal?.reason);
    void this.#kill();
  };

  #start(): RunningChild {
    const child = new RunningChild(this.#options);
    child.onAnswer = (answer) => this.#onAnswer(child, answer);
    child.onEnd = (failure) => this.#onEnd(child, failure);
    return child;
  }

  #send(child: RunningChild, { bytes, extension }: Pending): void {
    const request: ParseRequest = { extension, limits: this.#options.limits };
    child.write(encodeFrame(request, bytes));
  }

  #onAnswer(child: RunningChild, answer: ParseOutcome | undefined): void {
    if (child !== this.#child) return;
    if (answer !== undefined) this.#pending.shift()?.settle(answer);
    this.#watchHead();
  }

  // The clock runs for the file at the head alone, and not while its child is still loading.
  #watchHead(): void {
    if (this.#pending.length === 0 || !this.#child?.ready) this.#stopTimer();
    else if (this.#timer !== undefined) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#onTimer(), this.#options.fileTimeoutMs);
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
        const seconds = this.#options.fileTimeoutMs / 1000;
        this.#pending.shift();
        void this.#kill();
        head.settle({
          failure: { code: 'timeout', message: `it took longer than ${seconds} seconds to read` },
        });
        this.#restart();
      }),
    );
  }

  #onEnd(child: RunningChild, failure: FileFailure): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (!child.ready) {
      this.#failAll(new Error(`The parser's process could not start: ${child.errors}`));
      return;
    }
    const head = this.#pending[0];
    if (head !== undefined) {
      head.attempts += 1;
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
    for (const pending of this.#pending) this.#send(child, pending);
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

/** One child from its start to its end. */
class RunningChild {
  onAnswer: (answer: ParseOutcome | undefined) => void = () => {};
  onEnd: (failure: FileFailure) => void = () => {};
  /** It has loaded and answers. */
  ready = false;
  /** The end of what it wrote to its standard error. */
  errors = '';
  readonly #process: ChildProcess;
  readonly #input: Writable;
  readonly #memoryLimitMb: number;
  readonly #exited: Promise<void>;

  constructor({ parser, memoryLimitMb }: Settings) {
    this.#memoryLimitMb = memoryLimitMb;
    const child = spawn(
      process.execPath,
      [
        '--permission',
        ...readableFolders(parser).map((folder) => `--allow-fs-read=${folder}`),
        '--allow-worker',
        `--max-old-space-size=${memoryLimitMb}`,
        '--no-warnings',
        fileURLToPath(new URL('./parse-child.ts', import.meta.url)),
        parser.href,
        String((memoryLimitMb + baseMemoryMb) * 1024 * 1024),
      ],
      { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], env: {}, windowsHide: true },
    );
    this.#process = child;
    this.#input = child.stdin as Writable;
    // A child that died is noticed by its exit, not by the pipe that broke.
    this.#input.on('error', () => {});
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-4096);
    });
    const start = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    const reader = new FrameReader(maxAnswerBytes);
    (child.stdio[answerDescriptor] as Readable).on('data', (chunk: Buffer) => {
      try {
        for (const { header } of reader.push(chunk)) {
          const answer = parseAnswer.parse(header);
          if ('ready' in answer) {
            clearTimeout(start);
            this.ready = true;
          }
          this.onAnswer('ready' in answer ? undefined : answer);
        }
      } catch {
        child.kill('SIGKILL'); // what it says makes no sense
      }
    });
    this.#exited = new Promise((resolve) => {
      const end = (failure: FileFailure): void => {
        clearTimeout(start);
        resolve();
        this.onEnd(failure);
      };
      child.once('error', (error) => {
        this.errors ||= error.message;
        end(crashed);
      });
      // `close` comes after all of its answers and messages have been read.
      child.once('close', (_code, signal) => end(this.#reason(signal)));
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#input.cork();
    for (const piece of pieces) this.#input.write(piece);
    process.nextTick(() => this.#input.uncork());
  }

  kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#exited;
  }

  // Its watchdog, or the system's own, kills a process that takes too much; V8 aborts by itself.
  #reason(signal: NodeJS.Signals | null): FileFailure {
    if (signal === 'SIGKILL' || /heap out of memory|Allocation failed/i.test(this.errors)) {
      return {
        code: 'out_of_memory',
        message: `reading it takes more than ${this.#memoryLimitMb} MB of memory`,
      };
    }
    return crashed;
  }
}

const crashed: FileFailure = { code: 'crashed', message: 'its parser crashed on it' };

let folders: readonly string[] | undefined;

/** The code that the child loads: this package, and every node_modules above it. */
function readableFolders(parser: URL): readonly string[] {
  folders ??= codeFolders(fileURLToPath(new URL('..', import.meta.url)));
  const own = path.dirname(fileURLToPath(parser));
  return folders.some((folder) => own.startsWith(folder)) ? folders : [...folders, own];
}

function codeFolders(sources: string): readonly string[] {
  const found = [realpathSync(sources)];
  for (let folder = path.resolve(sources); ; folder = path.dirname(folder)) {
    const modules = path.join(folder, 'node_modules');
    if (existsSync(modules)) found.push(modules);
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest)) found.push(manifest);
    if (folder === path.dirname(folder)) return found;
  }
}
