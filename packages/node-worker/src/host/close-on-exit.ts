import { invalidOption, reading, requireDuration, requireOptions } from '@offstage/core/engine';
import { hasStuckThreads } from './stuck-threads.ts';

/** What `closeOnExit` ends: a `JobManager`, or anything else with a shutdown. */
export interface Closable {
  shutdown(options: { readonly graceMs: number }): Promise<unknown>;
}

export interface CloseOnExitOptions {
  /** How long handlers may take to end, in milliseconds. @default 5000 */
  readonly graceMs?: number | undefined;
  /**
   * A later call with the same name shuts the manager of the earlier one down. Give one where a
   * development server evaluates the module again in the same process.
   */
  readonly name?: string | undefined;
}

/** Call it, or dispose it, to take the manager off again. It is not shut down by that. */
export type StopClosing = (() => void) & Disposable;

/**
 * Shuts a manager down once, on SIGINT, SIGTERM or when the process has nothing left to do, and then
 * exits with the signal's own code, 130 or 143. Several managers share the listeners: the
 * process exits when all have ended. A second signal exits at once. Where a thread does not end, the
 * process dies by the signal, as its exit would wait for that thread.
 *
 * @throws OffstageError `invalid_option`
 *
 * @example
 * const manager = new JobManager({ executor });
 * closeOnExit(manager, { graceMs: 10_000 });
 */
export function closeOnExit(manager: Closable, options: CloseOnExitOptions = {}): StopClosing {
  requireClosable(manager);
  const { graceMs, name } = readOptions(options);
  const registry = theRegistry();
  const entry: Entry = { manager, graceMs, name, ended: undefined };
  const earlier = name && [...registry.entries].find((other) => other.name === name);
  if (earlier) {
    registry.entries.delete(earlier);
    // A module evaluated again may name the manager that another copy of it has named.
    if (earlier.manager !== manager) void end(earlier);
  }
  registry.entries.add(entry);
  if (!registry.listening) listen(registry);
  const stop = (): void => {
    registry.entries.delete(entry);
    if (registry.entries.size === 0 && registry.listening) unlisten(registry);
  };
  return Object.assign(stop, { [Symbol.dispose]: stop });
}

/** @throws OffstageError `invalid_option` for what cannot be shut down. */
export function requireClosable(manager: unknown): void {
  const shutdown: unknown = reading('manager', () => Reflect.get(Object(manager), 'shutdown'));
  if (typeof shutdown === 'function') return;
  throw invalidOption('manager', 'a JobManager, or what has a shutdown of its own', manager);
}

function readOptions(options: CloseOnExitOptions): {
  readonly graceMs: number;
  readonly name: string | undefined;
} {
  requireOptions(options);
  const { graceMs, name } = reading('options', () => {
    const { graceMs = 5000, name } = options;
    return { graceMs, name };
  });
  if (name !== undefined && typeof name !== 'string') throw invalidOption('name', 'a text', name);
  return { graceMs: requireDuration('graceMs', graceMs), name };
}

interface Entry {
  readonly manager: Closable;
  readonly graceMs: number;
  readonly name: string | undefined;
  ended: Promise<void> | undefined;
}

interface Registry {
  readonly entries: Set<Entry>;
  listening: boolean;
  exiting: boolean;
  readonly onSignal: (signal: NodeJS.Signals) => void;
  readonly onBeforeExit: () => void;
}

const exitCodes: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143 };
const signals = ['SIGINT', 'SIGTERM'] as const;

function listen(registry: Registry): void {
  registry.listening = true;
  for (const signal of signals) process.on(signal, registry.onSignal);
  process.on('beforeExit', registry.onBeforeExit);
}

function unlisten(registry: Registry): void {
  registry.listening = false;
  for (const signal of signals) process.off(signal, registry.onSignal);
  process.off('beforeExit', registry.onBeforeExit);
}

function exit(signal: NodeJS.Signals, exitCode: number): void {
  // Node.js would wait for such a thread, for ever perhaps. The signal itself does not, and a shell sees the
  // same code; whoever listens to the exit has heard of it by then.
  if (hasStuckThreads()) {
    process.once('exit', () => {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  }
  process.exit(exitCode);
}

// A shutdown that fails must not keep the process from exiting, nor the other managers from ending.
function end(entry: Entry): Promise<void> {
  entry.ended ??= shutDown(entry);
  for (const other of theRegistry().entries) {
    if (other.manager === entry.manager) other.ended ??= entry.ended;
  }
  return entry.ended;
}

async function shutDown({ manager, graceMs }: Entry): Promise<void> {
  try {
    await manager.shutdown({ graceMs });
  } catch (error) {
    // Written at once: the process may be about to exit.
    console.error('A manager could not be shut down:', error);
  }
}

// One per process, not per copy of this module: a development server may evaluate it anew.
const registryKey = Symbol.for('offstage.closeOnExit');

function theRegistry(): Registry {
  const known = Reflect.get(globalThis, registryKey) as Registry | undefined;
  if (known !== undefined) return known;
  const registry: Registry = {
    entries: new Set(),
    listening: false,
    exiting: false,
    onSignal(signal) {
      const exitCode = exitCodes[signal] ?? 1;
      if (registry.exiting) exit(signal, exitCode);
      registry.exiting = true;
      void Promise.all([...registry.entries].map(end)).then(() => exit(signal, exitCode));
    },
    onBeforeExit() {
      for (const entry of registry.entries) void end(entry);
    },
  };
  Reflect.set(globalThis, registryKey, registry);
  return registry;
}
