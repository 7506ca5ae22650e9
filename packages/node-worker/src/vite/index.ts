import { existsSync } from 'node:fs';
import path from 'node:path';

/** What the plugin needs of Vite's, and of Rollup's, context of a transform. */
export interface TransformContext {
  emitFile(file: { readonly type: 'chunk'; readonly id: string; readonly name: string }): string;
  readonly environment?:
    | { readonly config: { readonly consumer?: string | undefined } }
    | undefined;
}

/** What the plugin needs of the context of a bundle. */
export interface BundleContext {
  getFileName(reference: string): string;
}

/** A plugin of Vite. Its own type, so that an application without Vite needs none of it. */
export interface OffstageWorkersPlugin {
  readonly name: string;
  readonly apply: 'build';
  readonly enforce: 'pre';
  config(): { readonly ssr: { readonly external: string[] } };
  transform(
    this: TransformContext,
    code: string,
    id: string,
    options?: { readonly ssr?: boolean | undefined },
  ): { readonly code: string; readonly map: null } | null;
  generateBundle(
    this: BundleContext,
    options: unknown,
    bundle: Record<string, { readonly type: string; code?: string }>,
  ): void;
}

/**
 * A plugin for Vite that builds worker entries beside the server's bundle. An entry is what is given
 * as `entry: new URL('./ingest.worker.ts', import.meta.url)`, or as any such URL of a file whose name
 * ends in `.worker.ts` or the like. Pages and the development server are left as they are.
 *
 * @example
 * export default defineConfig({ plugins: [sveltekit(), offstageWorkers()] });
 */
export function offstageWorkers(): OffstageWorkersPlugin {
  return {
    name: 'offstage-workers',
    apply: 'build',
    // Before anything turns the expression into something else.
    enforce: 'pre',
    // The addon of node-fs and the thread of sqlite are found from their own places alone.
    config: () => ({ ssr: { external: [...external] } }),
    transform(code, id, options) {
      const isServer = this.environment
        ? this.environment.config.consumer === 'server'
        : options?.ssr === true;
      if (!isServer || !code.includes('import.meta.url')) return null;
      const folder = path.dirname(id.split('?', 1)[0] ?? id);
      const built = code.replace(
        urlExpression,
        (whole: string, entry = '', _quote: string, specifier: string) => {
          if (!entry && !workerName.test(specifier)) return whole;
          const file = existing(path.resolve(folder, specifier));
          if (file === undefined) return whole;
          const name = path.basename(file).replace(/\.[cm]?[jt]sx?$/, '');
          const reference = this.emitFile({ type: 'chunk', id: file, name });
          return `${entry}new URL('${placeholder(reference)}', import.meta.url)`;
        },
      );
      return built === code ? null : { code: built, map: null };
    },
    // Not by ROLLUP_FILE_URL: Vite makes an address on the site of it, and this is a file's.
    generateBundle(_options, bundle) {
      for (const [fileName, chunk] of Object.entries(bundle)) {
        if (chunk.code === undefined || !chunk.code.includes(placeholderStart)) continue;
        chunk.code = chunk.code.replace(placeholders, (_, reference: string) => {
          const to = path.posix.relative(path.posix.dirname(fileName), this.getFileName(reference));
          return to.startsWith('.') ? to : `./${to}`;
        });
      }
    },
  };
}

const external = [
  '@offstage/core',
  '@offstage/node-worker',
  '@offstage/node-fs',
  '@offstage/sqlite',
  'fs-native-extensions',
] as const;

const urlExpression =
  /(\bentry\s*:\s*)?\bnew\s+URL\(\s*(['"`])(\.\.?\/[^'"`$]+)\2\s*,\s*import\.meta\.url\s*,?\s*\)/g;
const placeholderStart = 'OFFSTAGE_WORKER_';
const placeholder = (reference: string): string => `${placeholderStart}${reference}_END`;
const placeholders = /OFFSTAGE_WORKER_([\w$-]+?)_END/g;
const workerName = /\.worker\.[cm]?[jt]sx?$/;

/** The file, or the TypeScript that it is built from. */
function existing(file: string): string | undefined {
  return [file, file.replace(/js(x?)$/, 'ts$1')].find((candidate) => existsSync(candidate));
}
