import type { DiscardOutcome } from '@offstage/core/engine';
import type { Block } from './block.ts';
import type { EncodedError } from './error-codec.ts';

/**
 * What host and thread say to each other: small arrays, each with its kind first and the task's
 * number second. Progress is not among them; it goes through the shared block.
 */
export const toThread = { run: 1, discard: 2, stop: 3, saved: 4 } as const;
export const toHost = {
  served: 1,
  unserved: 2,
  knock: 3,
  returned: 4,
  stopped: 5,
  threw: 6,
  crashed: 7,
  leftover: 8,
  unreadable: 9,
  file: 10,
  save: 11,
} as const;

export type ToThread =
  | readonly [
      kind: typeof toThread.run,
      task: number,
      handler: number,
      jobId: string,
      attempt: number,
      input: unknown,
      saved: unknown,
    ]
  | readonly [
      kind: typeof toThread.discard,
      task: number,
      handler: number,
      jobId: string,
      outcome: DiscardOutcome,
      input: unknown,
    ]
  /** Answers a `save`; without an error the state is kept. */
  | readonly [
      kind: typeof toThread.saved,
      task: number,
      save: number,
      error: EncodedError | undefined,
    ]
  /** Wakes a handler that awaits; the shared block already says it. */
  | readonly [kind: typeof toThread.stop, task: number];

export type ToHost =
  | readonly [kind: typeof toHost.served, handlers: readonly ServedHandler[]]
  | readonly [kind: typeof toHost.unserved]
  | readonly [kind: typeof toHost.knock]
  | readonly [kind: typeof toHost.returned, task: number, value: unknown]
  | readonly [kind: typeof toHost.stopped, task: number]
  | readonly [kind: typeof toHost.threw, task: number, error: EncodedError]
  | readonly [kind: typeof toHost.save, task: number, save: number, state: unknown]
  /** The last message of a thread that ends. */
  | readonly [
      kind: typeof toHost.crashed,
      fault: Fault,
      exitCode: number,
      error: EncodedError | undefined,
    ]
  /** Something that a settled job left behind failed; the thread goes on until it is idle. */
  | readonly [kind: typeof toHost.leftover, fault: Fault, jobId: string, error: EncodedError]
  /** A file that the thread is about to load, in development alone, and which state of it. */
  | readonly [kind: typeof toHost.file, url: string, version: string]
  /** The last message to the thread could not be deserialized there. */
  | readonly [kind: typeof toHost.unreadable, error: EncodedError];

export type Fault = 'uncaught_exception' | 'unhandled_rejection' | 'exit';

export interface ServedHandler {
  readonly name: string;
  readonly discards: boolean;
  readonly phases: readonly string[];
}

/** `workerData.offstage`: what a thread starts with. `Port` is the platform's message port. */
export interface ThreadStart<Port> {
  readonly entry: string;
  /** The host wants to know which files the thread loads. */
  readonly tellsFiles: boolean;
  readonly port: Port;
  readonly block: Block;
}

/**
 * Where the code that starts a thread and `serveJobs` meet, under this global symbol, so that two
 * copies of the package in one thread still find each other.
 */
export const threadKey = 'offstage.thread';

export interface ThreadState<Port> extends ThreadStart<Port> {
  /** The entry's module has been evaluated. */
  loaded: boolean;
  /** Set by `serveJobs`; called once the entry has loaded. */
  open: (() => void) | undefined;
}
