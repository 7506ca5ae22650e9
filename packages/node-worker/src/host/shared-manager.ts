import { invalidOption, reading, requireDuration, requireOptions } from '@offstage/core/engine';
import { type Closable, closeOnExit, requireClosable, type StopClosing } from './close-on-exit.ts';

export interface SharedManagerOptions {
  /** How long handlers may take to end when the process ends, in milliseconds. @default 5000 */
  readonly graceMs?: number | undefined;
  /**
   * Whether a manager whose factory has other code than the one before replaces it.
   * @default true where `NODE_ENV` is `development`, as development servers set it
   */
  readonly replace?: boolean | undefined;
}

/**
 * One manager a process, however often the module that asks for it is evaluated: a framework may
 * hold several copies of it, one for its pages and one for its routes, and a development server
 * evaluates it anew at each save. It is shut down with the process, as by `closeOnExit`.
 *
 * In development a factory with other code than the one before replaces the manager, and the
 * earlier one is shut down. Anywhere else the first manager stays.
 *
 * @throws OffstageError `invalid_option`, and whatever `make` throws; the next call makes one then.
 * @example
 * export const manager = sharedManager('jobs', () => new JobManager({ executor }));
 */
export function sharedManager<Manager extends Closable>(
  name: string,
  make: () => Manager,
  options: SharedManagerOptions = {},
): Manager {
  if (typeof name !== 'string' || name === '') throw invalidOption('name', 'a text', name);
  const { graceMs, replace } = readOptions(options);
  const managers = theManagers();
  const code = codeOf(make);
  const known = managers.get(name);
  // The name is the application's promise of what stands under it.
  if (known !== undefined && (!replace || known.code === code)) return known.manager as Manager;
  const manager = make();
  requireClosable(manager);
  known?.stopClosing();
  managers.set(name, { manager, code, stopClosing: closeOnExit(manager, { graceMs }) });
  if (known !== undefined && known.manager !== manager) void shutDown(name, known.manager);
  return manager;
}

function readOptions(options: SharedManagerOptions): Required<SharedManagerOptions> {
  requireOptions(options);
  const { graceMs, replace } = reading('options', () => {
    const { graceMs, replace = process.env.NODE_ENV === 'development' } = options;
    return { graceMs, replace };
  });
  if (graceMs !== undefined) requireDuration('graceMs', graceMs);
  if (typeof replace !== 'boolean') throw invalidOption('replace', 'true or false', replace);
  return { graceMs, replace };
}

interface Shared {
  readonly manager: Closable;
  readonly code: string;
  readonly stopClosing: StopClosing;
}

async function shutDown(name: string, manager: Closable): Promise<void> {
  try {
    await manager.shutdown({ graceMs: 0 });
  } catch (cause) {
    process.emitWarning(`The manager before the new "${name}" could not be shut down: ${cause}`);
  }
}

/**
 * The factory's code, without what tells one copy of a module from another: bundlers name a copy's
 * imports by the layer (page, route) or the number that it has there.
 */
function codeOf(make: () => unknown): string {
  if (typeof make !== 'function') throw invalidOption('make', 'a function', make);
  return (
    Function.prototype.toString
      .call(make)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      // From the beginning of a word alone: a text of data may be one long word.
      .replace(
        /(?<![\w$])[\w$]*(?:TURBOPACK|turbopack|WEBPACK|webpack|vi_import|vite_ssr)[\w$]*/g,
        '',
      )
      .replace(
        /\[[\w-]+\](?= \(ecmascript)|\((?:rsc|ssr|action-browser|middleware|app-[\w-]+)\)\//g,
        '',
      )
      .replace(/\s+/g, ' ')
  );
}

// One per process, not per copy of this module.
const registryKey = Symbol.for('offstage.sharedManager');

function theManagers(): Map<string, Shared> {
  const known = Reflect.get(globalThis, registryKey) as Map<string, Shared> | undefined;
  if (known !== undefined) return known;
  const managers = new Map<string, Shared>();
  Reflect.set(globalThis, registryKey, managers);
  return managers;
}
