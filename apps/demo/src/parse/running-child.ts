import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeFrame, FrameReader } from './frames.ts';
import { type FileFailure, type ParseOutcome, type ParseRequest, parseAnswer } from './messages.ts';

export interface ParseChildOptions {
  /** What the child may hold beyond what Node itself needs. */
  readonly memoryLimitMb: number;
  /** A module that exports `parseFile`. */
  readonly parser: URL;
}

// A frame that is longer than the text limit allows for is not the parser's work.
const maxAnswerBytes = 512 * 1024 * 1024;
const startTimeoutMs = 30_000;
// The watchdog holds the limit. V8's own one stands well behind it: near its limit it collects so often
// that parsing takes a fifth longer.
const heapLimitFactor = 4;
const baseMemoryMb = 192;

// What a file leaves behind is mostly dead before the next one. In a young generation of this size, and from
// the start, a twentieth of the time is saved: less is looked at twice.
const youngGeneration = (memoryLimitMb: number): string[] => {
  const megabytes = Math.max(1, Math.min(32, Math.floor(memoryLimitMb / 16)));
  return [`--min-semi-space-size=${megabytes}`, `--max-semi-space-size=${megabytes}`];
};

/** One child process of parse-child.ts, from its start to its end. */
export class RunningChild {
  onAnswer: (answer: ParseOutcome | undefined) => void = () => {};
  onEnd: (failure: FileFailure) => void = () => {};
  readonly options: ParseChildOptions;
  /** It has loaded and answers. */
  ready = false;
  /** The end of what it wrote to its standard error. */
  errors = '';
  readonly #process: ChildProcess;
  readonly #pipes: readonly Socket[];
  readonly #input: Socket;
  readonly #exited: Promise<void>;

  constructor(options: ParseChildOptions) {
    this.options = options;
    const { parser, memoryLimitMb } = options;
    const child = spawn(
      process.execPath,
      [
        '--permission',
        ...readableFolders(parser).map((folder) => `--allow-fs-read=${folder}`),
        '--allow-worker',
        `--max-old-space-size=${memoryLimitMb * heapLimitFactor}`,
        ...youngGeneration(memoryLimitMb),
        '--no-warnings',
        fileURLToPath(new URL('./parse-child.ts', import.meta.url)),
        parser.href,
        String((memoryLimitMb + baseMemoryMb) * 1024 * 1024),
      ],
      { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], env: {}, windowsHide: true },
    );
    this.#process = child;
    // Three pipes, as asked for above; the last one is the child's `answerDescriptor`.
    const [input, , errors, answers] = child.stdio as unknown as [Socket, null, Socket, Socket];
    this.#pipes = [input, errors, answers];
    this.#input = input;
    // A child that died is noticed by its exit, not by the pipe that broke.
    this.#input.on('error', () => {});
    errors.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-4096);
    });
    const start = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    const reader = new FrameReader(maxAnswerBytes);
    answers.on('data', (chunk: Buffer) => {
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

  /** It answers in the order of its requests. */
  request(request: ParseRequest, bytes: Uint8Array): void {
    this.#input.cork();
    for (const piece of encodeFrame(request, bytes)) this.#input.write(piece);
    process.nextTick(() => this.#input.uncork());
  }

  /** Whether it keeps this process alive. */
  hold(held: boolean): void {
    for (const handle of [this.#process, ...this.#pipes]) held ? handle.ref() : handle.unref();
  }

  /** Resolves when it is gone. */
  kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#exited;
  }

  // Its watchdog, or the system's own, kills a process that takes too much; V8 aborts by itself.
  #reason(signal: NodeJS.Signals | null): FileFailure {
    if (signal === 'SIGKILL' || /heap out of memory|Allocation failed/i.test(this.errors)) {
      return {
        code: 'out_of_memory',
        message: `reading it takes more than ${this.options.memoryLimitMb} MB of memory`,
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
