import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OffstageError } from '@offstage/core';
import { threadKey, toHost } from '../shared/wire.ts';

/**
 * The URL of an entry given as a URL, a `file:` URL in a string, or a path (relative to the working
 * directory). Where only its TypeScript or JavaScript twin exists, it is that one, so that one
 * `new URL('./jobs.worker.js', import.meta.url)` serves the sources and the build.
 *
 * @throws OffstageError `invalid_option`
 */
export function resolveEntry(entry: URL | string): string {
  const url = toUrl(entry);
  if (url?.protocol === 'data:') return url.href;
  if (url?.protocol !== 'file:') {
    throw new OffstageError(
      'invalid_option',
      "entry must be a file: URL or a path, such as new URL('./jobs.worker.js', import.meta.url).",
      { details: { option: 'entry' } },
    );
  }
  if (existsSync(url)) return url.href;
  for (const [extension, twinExtension] of twins) {
    if (!url.pathname.endsWith(extension)) continue;
    const twin = new URL(url);
    twin.pathname = url.pathname.slice(0, -extension.length) + twinExtension;
    if (existsSync(twin)) return twin.href;
  }
  return url.href;
}

/** What the thread's `process.argv[1]` and error messages may call the entry. */
export const entryName = (href: string): string =>
  href.startsWith('file:') ? fileURLToPath(href) : 'data: module';

const twins = [
  ['.js', '.ts'],
  ['.mjs', '.mts'],
  ['.ts', '.js'],
  ['.mts', '.mjs'],
] as const;

function toUrl(entry: unknown): URL | undefined {
  if (entry instanceof URL) return entry;
  if (typeof entry !== 'string' || entry === '' || entry.includes('\0')) return undefined;
  // Two letters at least: one is a drive of Windows.
  if (/^[a-z][a-z\d+.-]+:/i.test(entry)) return URL.canParse(entry) ? new URL(entry) : undefined;
  return pathToFileURL(resolve(entry));
}

// Of a file's state: the same text in the host and in what a thread runs first.
const versionText = "stat.mtimeMs + ' ' + stat.size + ' ' + stat.ino";

/** Which state of a file is there; undefined where there is none, as while an editor replaces it. */
export function fileVersion(url: string): string | undefined {
  const stat = statSync(new URL(url), { throwIfNoEntry: false });
  return stat && `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/**
 * What a thread runs first. It is text and not a file so that it survives bundling. It loads the
 * entry, sees whether that has called `serveJobs`, and only then opens the thread for tasks, so that
 * whatever fails before is a failure to load.
 *
 * A TypeScript entry may name its neighbours by the `.js` they are built to, as TypeScript has it.
 */
const bootSource = `(async () => {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { registerHooks } = process.getBuiltinModule('node:module');
  const start = workerData.offstage;
  const state = { ...start, loaded: false, open: undefined };
  globalThis[Symbol.for('${threadKey}')] = state;
  if (/\\.m?ts$/.test(start.entry) && registerHooks) {
    registerHooks({
      resolve(specifier, context, next) {
        try {
          return next(specifier, context);
        } catch (error) {
          const built = /^\\.\\.?\\/.*\\.m?js$/.test(specifier);
          if (!built || error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
          try {
            return next(specifier.replace(/js$/, 'ts'), context);
          } catch {
            throw error;
          }
        }
      },
    });
  }
  if (start.tellsFiles && registerHooks) {
    const { statSync } = process.getBuiltinModule('node:fs');
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        if (found.url.startsWith('file:') && !found.url.includes('/node_modules/')) {
          const file = new URL(found.url);
          file.search = '';
          const stat = statSync(file, { throwIfNoEntry: false });
          if (stat) start.port.postMessage([${toHost.file}, file.href, ${versionText}]);
        }
        return found;
      },
    });
  }
  await import(start.entry);
  state.loaded = true;
  if (state.open === undefined) start.port.postMessage([${toHost.unserved}]);
  else state.open();
})();`;

/**
 * The boot as a module that is loaded by its URL: an evaluated script would never pass through the
 * hooks of a loader such as tsx, nor would what it imports.
 */
export const bootUrl = new URL(`data:text/javascript,${encodeURIComponent(bootSource)}`);
