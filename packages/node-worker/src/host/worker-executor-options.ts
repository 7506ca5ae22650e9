import { type Clock, systemClock } from '@offstage/core';
import {
  invalidOption,
  listOf,
  reading,
  requireClock,
  requireDuration,
  requireOptions,
} from '@offstage/core/engine';
import { resolveEntry } from './entry.ts';
import type { ResourceLimits, ThreadOptions } from './host-thread.ts';
import { readLimits } from './resource-limits.ts';

export interface WorkerExecutorOptions {
  /**
   * The module that calls `serveJobs`: a `file:` URL, or a path. ESM, in JavaScript or in what this
   * process itself can run (TypeScript under Node's type stripping, tsx, Vitest).
   */
  readonly entry: URL | string;
  /** How many threads, and so how many handlers at once. @default 1 */
  readonly threads?: number | undefined;
  /**
   * V8's limits per thread, in MiB. The guide says what they do not count.
   * @default { maxYoungGenerationSizeMb: 24 }, where V8 by itself lets the garbage of a busy loop
   * grow a thread by more than 100 MiB before it looks
   */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** Node.js options of the threads. @default those of this process */
  readonly execArgv?: readonly string[] | undefined;
  /** The threads' `process.env`. @default a copy of this process's */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Shown by debuggers and profilers. @default 'offstage' */
  readonly name?: string | undefined;
  /** An entry that takes longer to load has failed, in milliseconds. @default 30_000 */
  readonly loadTimeoutMs?: number | undefined;
  /**
   * Whether an idle thread is replaced, before it runs another job, when a file that it has loaded
   * was edited: the entry, or what that imports from outside of `node_modules`.
   * @default true where `NODE_ENV` is `development`, as development servers set it
   */
  readonly reloadOnChange?: boolean | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** The options, checked and complete, each field read once. */
export type WorkerExecutorSettings = ThreadOptions & { readonly threads: number };

/** @throws OffstageError `invalid_option`, naming the option. */
export function readOptions(options: WorkerExecutorOptions): WorkerExecutorSettings {
  requireOptions(options);
  return reading('options', () => settingsOf(options));
}

function settingsOf({
  entry,
  threads = 1,
  resourceLimits = {},
  execArgv,
  env,
  name = 'offstage',
  loadTimeoutMs = 30_000,
  reloadOnChange = process.env.NODE_ENV === 'development',
  clock = systemClock,
}: WorkerExecutorOptions): WorkerExecutorSettings {
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw invalidOption('threads', 'a whole number of at least 1', threads);
  }
  if (typeof name !== 'string' || name.length > maxNameLength) {
    throw invalidOption('name', `a text of at most ${maxNameLength} characters`, name);
  }
  if (requireDuration('loadTimeoutMs', loadTimeoutMs) === 0) {
    throw invalidOption('loadTimeoutMs', 'more than 0 milliseconds', loadTimeoutMs);
  }
  if (typeof reloadOnChange !== 'boolean') {
    throw invalidOption('reloadOnChange', 'true or false', reloadOnChange);
  }
  return {
    entry: reading('entry', () => resolveEntry(entry)),
    threads,
    name,
    loadTimeoutMs,
    reloadOnChange,
    clock: requireClock(clock),
    resourceLimits: { maxYoungGenerationSizeMb: 24, ...readLimits(resourceLimits) },
    execArgv: execArgv === undefined ? undefined : argumentsOf(execArgv),
    env: env === undefined ? undefined : environmentOf(env),
  };
}

const maxNameLength = 200;

function argumentsOf(given: readonly string[]): readonly string[] {
  const list = listOf('execArgv', given, 1000);
  for (const argument of list) {
    if (typeof argument !== 'string') {
      throw invalidOption('execArgv', 'a list of texts', argument);
    }
  }
  return list;
}

function environmentOf(
  given: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('env', 'an object of texts', given);
  const entries = reading('env', () => Object.entries(given));
  const texts: [string, string][] = [];
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    if (typeof value !== 'string') throw invalidOption('env', 'an object of texts', value);
    texts.push([key, value]);
  }
  return Object.fromEntries(texts);
}
