/**
 * What a parser may ask of Node, shut before any parser is loaded (D6). Node's permission model keeps
 * files, processes, addons and inspectors from it; it does not know `node:sqlite`, and sockets only
 * from Node 25 on. So whatever no parser needs is refused by name, by whichever way it is asked for,
 * and the few objects through which a socket could still be reached are made useless.
 *
 * Nothing here may rely on what a document's code could have replaced: no decision rests on a method of a
 * prototype, and nothing that is refused is handed to a function that may be another one by now.
 */
import fs from 'node:fs';
import module from 'node:module';
import net from 'node:net';
import os from 'node:os';

/** Modules that parsers use, and that neither write nor connect beside the permission model. */
const names = [
  ...['assert', 'assert/strict', 'async_hooks', 'buffer', 'console', 'constants', 'crypto'],
  ...['diagnostics_channel', 'events', 'fs', 'fs/promises', 'module', 'os', 'path', 'path/posix'],
  ...['path/win32', 'perf_hooks', 'process', 'punycode', 'querystring', 'stream'],
  ...['stream/consumers', 'stream/promises', 'stream/web', 'string_decoder', 'sys', 'timers'],
  ...['timers/promises', 'tty', 'url', 'util', 'util/types', 'zlib'],
];
const allowed: Readonly<Record<string, true>> = Object.freeze(
  Object.assign(
    Object.create(null),
    Object.fromEntries(names.flatMap((name) => [[name, true] as const, [`node:${name}`, true]])),
  ),
);

const processFunctions = [
  ...['_debugEnd', '_debugProcess', '_getActiveHandles', '_getActiveRequests', '_kill'],
  ...['_linkedBinding', 'binding', 'chdir', 'dlopen', 'execve', 'initgroups', 'kill', 'openStdin'],
  ...['setegid', 'seteuid', 'setgid', 'setgroups', 'setuid', 'umask'],
];
const moduleFunctions = ['enableCompileCache', 'flushCompileCache', 'register', 'registerHooks'];
// They change a file by a descriptor, which may have been opened for reading.
const fileFunctions = ['fchmod', 'fchown', 'futimes', 'ftruncate'];
const globals = ['fetch', 'WebSocket', 'EventSource'];

/** To be called once, before a parser is loaded. It cannot be undone in this process. */
export function lockDown(): void {
  useless(net.Socket.prototype, ['connect']);
  useless(net.Server.prototype, ['listen']);
  useless(net, ['connect', 'createConnection', 'createServer', '_createServerHandle']);
  // The pipe behind standard error is of the class that also connects to sockets in the file system.
  const pipe: unknown = Reflect.get(process.stderr, '_handle');
  if (typeof pipe === 'object' && pipe !== null) {
    useless(Object.getPrototypeOf(pipe), ['bind', 'connect', 'fchmod', 'listen', 'open']);
  }
  useless(
    fs,
    fileFunctions.flatMap((name) => [name, `${name}Sync`]),
  );
  useless(os, ['setPriority']);
  useless(globalThis, globals);

  const loaded = process.getBuiltinModule;
  module.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (!isRefused(found.url)) return found;
      if (!isImport(context.conditions)) return found;
      const source = uselessModule(namesOf(loaded, found.url), true);
      const url = `data:text/javascript,${encodeURIComponent(source)}`;
      return { url, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
      if (!isRefused(url)) return next(url, context);
      const source = uselessModule(namesOf(loaded, url), false);
      return { source, format: 'commonjs', shortCircuit: true };
    },
  });
  useless(module, moduleFunctions);
  fix(process, 'getBuiltinModule', (id: unknown) => {
    if (typeof id !== 'string' || allowed[id] !== true) throw denied();
    return loaded(id);
  });
  useless(process, processFunctions);
  // A report is a file, written where it says, and by itself when the process fails.
  fix(process, 'report', undefined);
  module.syncBuiltinESMExports();
}

// By single characters: methods of strings may be a document's by now.
const isRefused = (url: string): boolean =>
  url[0] === 'n' && url[4] === ':' && allowed[url] !== true;

function isImport(conditions: readonly string[]): boolean {
  for (let at = 0; at < conditions.length; at += 1) if (conditions[at] === 'import') return true;
  return false;
}

/**
 * Stands in for a module that is refused: with its names, as a library may import them and never use
 * them, and with nothing behind them. It is text, so nothing of the module itself gets there.
 */
function uselessModule(names: readonly string[], isImported: boolean): string {
  const lines = [
    `const refuse = () => { throw Object.assign(new Error('Parsers have no access to this.'), { code: 'ERR_ACCESS_DENIED' }); };`,
    'const nothing = () => new Proxy(function () {}, { apply: refuse, construct: refuse });',
    'const all = {};',
  ];
  for (const [at, name] of names.entries()) {
    const key = JSON.stringify(name);
    lines.push(`const _${at} = all[${key}] = nothing();`);
    if (isImported) lines.push(`export { _${at} as ${key} };`);
  }
  lines.push(isImported ? 'export default all;' : 'module.exports = all;');
  return lines.join('\n');
}

const keysOf = Object.keys;

function namesOf(load: typeof process.getBuiltinModule, id: string): readonly string[] {
  try {
    return keysOf(load(id) ?? {}).filter((name) => name !== 'default');
  } catch {
    return [];
  }
}

function useless(target: object, functions: readonly string[]): void {
  for (const name of functions) if (name in target) fix(target, name, deny);
}

function fix(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: false, configurable: false });
}

function deny(): never {
  throw denied();
}

const NativeError = Error;

// As the permission model says it.
function denied(): Error {
  const error = new NativeError('Parsers have no access to this.');
  const code = { value: 'ERR_ACCESS_DENIED', enumerable: true };
  return Object.defineProperty(error, 'code', code);
}
