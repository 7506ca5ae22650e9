import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { confined } from './child-command.ts';
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
// the start, a twentieth of the time is saved: less is looked at twice. There is so little to collect that
// helping threads save the parser nothing, while they are in the way of whoever indexes what it answers.
const garbageCollection = (memoryLimitMb: number): string[] => {
  const megabytes = Math.max(1, Math.min(32, Math.floor(memoryLimitMb / 16)));
  return [
    '--single-threaded-gc',
    `--min-semi-space-size=${megabytes}`,
    `--max-semi-space-size=${megabytes}`,
  ];
};

/** One child process of parse-child.ts, from its start to its end. */
export class RunningChild {
  /** With the JSON of the answer, as the child wrote it. */
  onAnswer: (answer: ParseOutcome | undefined, json: Uint8Array) => void = () => {};
  onEnd: (failure: FileFailure) => void = () => {};
  readonly options: ParseChildOptions;
  /** It has loaded and answers. */
  ready = false;
  /** The end of what it wrote to its standard error. */
  errors = '';
  /** Why the system started no process, where it did not. */
  startError: Error | undefined;
  /** How many requests it has answered. */
  answered = 0;
  /** How many it has begun, as far as it has said: it does where the last one takes long. */
  begun = 0;
  readonly #process: ChildProcess | undefined;
  readonly #pipes: readonly Socket[];
  readonly #exited: Promise<void>;

  constructor(options: ParseChildOptions) {
    this.options = options;
    const { process: child, error } = startProcess(options);
    this.#process = child;
    // Missing where the process has no descriptor left: the error comes as an event then.
    const stdio = (child?.stdio ?? []) as readonly (Socket | null)[];
    this.#pipes = stdio.filter((pipe) => pipe !== null);
    const [input, , errors, answers, places] = stdio;
    // A child that died is noticed by its exit, not by the pipe that broke.
    input?.on('error', () => {});
    errors?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-4096);
    });
    let place = '';
    places?.setEncoding('utf8').on('data', (text: string) => {
      place = (place + text).slice(-64);
      this.begun = Number(/(\d+)\n$/.exec(place)?.[1] ?? this.begun);
    });
    const start = setTimeout(() => void this.kill(), startTimeoutMs);
    const reader = new FrameReader(maxAnswerBytes);
    answers?.on('data', (chunk: Buffer) => {
      try {
        for (const { header, headerText } of reader.push(chunk)) {
          const answer = parseAnswer.parse(header);
          if ('ready' in answer) {
            clearTimeout(start);
            this.ready = true;
          } else this.answered += 1;
          this.onAnswer('ready' in answer ? undefined : answer, headerText);
        }
      } catch {
        void this.kill(); // what it says makes no sense
      }
    });
    this.#exited = new Promise((resolve) => {
      const end = (failure: FileFailure): void => {
        clearTimeout(start);
        resolve();
        this.onEnd(failure);
      };
      const onError = (error: Error): void => {
        this.startError ??= error;
        end(crashed);
      };
      // Later, as an event would come: whoever made this listens only then.
      if (error !== undefined) setImmediate(onError, error);
      child?.once('error', onError);
      // `close` comes after all of its answers and messages have been read.
      child?.once('close', (_code, signal) => end(this.#reason(signal)));
    });
  }

  /** It answers in the order of its requests. */
  request(request: ParseRequest, bytes: Uint8Array): void {
    const [input] = this.#pipes;
    if (input === undefined) return;
    input.cork();
    for (const piece of encodeFrame(request, bytes)) input.write(piece);
    process.nextTick(() => input.uncork());
  }

  /** Whether it keeps this process alive. */
  hold(held: boolean): void {
    for (const handle of [this.#process, ...this.#pipes]) held ? handle?.ref() : handle?.unref();
  }

  /** Resolves when it is gone. */
  kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
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

/** A system that has none left refuses by an event, by an exception, or by both. */
function startProcess({ parser, memoryLimitMb }: ParseChildOptions): {
  readonly process?: ChildProcess;
  readonly error?: Error;
} {
  try {
    const { command, args } = confined(process.execPath, [
      '--permission',
      ...readableFolders(parser).map((folder) => `--allow-fs-read=${folder}`),
      '--allow-worker',
      `--max-old-space-size=${memoryLimitMb * heapLimitFactor}`,
      ...garbageCollection(memoryLimitMb),
      '--no-warnings',
      fileURLToPath(new URL('./parse-child.ts', import.meta.url)),
      parser.href,
      String((memoryLimitMb + baseMemoryMb) * 1024 * 1024),
    ]);
    // Four pipes; the last two are the child's `answerDescriptor` and `placeDescriptor`.
    const stdio: StdioOptions = ['pipe', 'ignore', 'pipe', 'pipe', 'pipe'];
    return { process: spawn(command, args, { stdio, env: {}, windowsHide: true }) };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error('No process was started.') };
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
