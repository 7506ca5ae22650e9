import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ChunkOptions, inRolldown, inRollup, type Workers } from './shared-modules.ts';

/** What the plugin needs of the context of a transform. */
export interface TransformContext {
  emitFile(file: { readonly type: 'chunk'; readonly id: string; readonly name: string }): string;
  readonly meta?: { readonly watchMode?: boolean | undefined } | undefined;
  readonly environment?:
    | { readonly config: { readonly consumer?: string | undefined } }
    | undefined;
}

/** What the plugin needs of the context at a build's start. */
export interface StartContext {
  resolve(specifier: string, importer?: string): Promise<{ readonly id: string } | null>;
}

/** What the plugin needs of the context of an output's options. */
export interface OutputContext {
  readonly meta: object;
}

/** What the plugin needs of the context of a bundle. */
export interface BundleContext {
  getFileName(reference: string): string;
}

/** A plugin of Vite, Rollup and Rolldown. Its own type, so that an application without them needs none. */
export interface OffstageWorkersPlugin {
  readonly name: string;
  readonly apply: 'build';
  readonly enforce: 'pre';
  config(): { readonly ssr: { readonly external: string[] } };
  buildStart(this: StartContext): Promise<void>;
  transform(
    this: TransformContext,
    code: string,
    id: string,
    options?: { readonly ssr?: boolean | undefined },
  ): { readonly code: string; readonly map: null } | null;
  outputOptions<Options extends ChunkOptions>(
    this: OutputContext,
    options: Options,
  ): Options | null;
  generateBundle(
    this: BundleContext,
    options: { readonly format?: string | undefined },
    bundle: Record<string, { readonly type: string; code?: string }>,
  ): void;
}

/**
 * A plugin for Vite and for Rollup, as Nuxt's server has it, that builds worker entries beside the
 * server's bundle. An entry is what is given as `entry: new URL('./ingest.worker.ts', import.meta.url)`,
 * or as any such URL of a file whose name ends in `.worker.ts` or the like. Pages and Vite's development
 * server are left as they are; a build that Rollup watches names the source, which Node.js loads as it is.
 *
 * @example
 * export default defineConfig({ plugins: [sveltekit(), offstageWorkers()] });
 */
export function offstageWorkers(): OffstageWorkersPlugin {
  // Rollup by itself bundles for no page, and asks for no configuration.
  let isVite = false;
  const workers = new Map<string, string>();
  return {
    name: 'offstage-workers',
    apply: 'build',
    // Before anything turns the expression into something else.
    enforce: 'pre',
    // The addon of node-fs and the thread of sqlite are found from their own places alone.
    config: () => {
      isVite = true;
      return { ssr: { external: [...external] } };
    },
    // Nitro copies what it sees resolved, and no import names the addon's binary.
    async buildStart() {
      if (isVite) return;
      const nodeFs = await this.resolve('@offstage/node-fs');
      if (nodeFs !== null) await this.resolve(addonBinary, resolvedPath(nodeFs.id));
    },
    transform(code, id, options) {
      const isServer = this.environment
        ? this.environment.config.consumer === 'server'
        : (options?.ssr ?? !isVite);
      if (!isServer || !code.includes('import.meta.url')) return null;
      const folder = path.dirname(id.split('?', 1)[0] ?? id);
      const built = code.replace(
        urlExpression,
        (whole: string, entry = '', _quote: string, specifier: string) => {
          if (!entry && !workerName.test(specifier)) return whole;
          const file = existing(path.resolve(folder, specifier));
          if (file === undefined) return whole;
          if (!isVite && this.meta?.watchMode === true) {
            return `${entry}new URL(${JSON.stringify(pathToFileURL(file).href)})`;
          }
          const name = workers.get(file) ?? freeName(file, workers);
          // Rollup names a module by its real path, unless it is told otherwise.
          for (const known of [file, realpathSync(file)]) workers.set(known, name);
          const reference = this.emitFile({ type: 'chunk', id: file, name });
          return `${entry}new URL('${placeholder(reference)}', '${basePlaceholder}')`;
        },
      );
      return built === code ? null : { code: built, map: null };
    },
    outputOptions(options) {
      const apart = 'rolldownVersion' in this.meta ? inRolldown : inRollup;
      return apart(options, workers);
    },
    // Texts until now: Vite makes an address on the site of ROLLUP_FILE_URL, and Nitro something of its
    // own of `import.meta`. This is a file's, beside the chunk.
    generateBundle({ format }, bundle) {
      const base = format === 'cjs' ? commonJsUrl : 'import.meta.url';
      for (const [fileName, chunk] of Object.entries(bundle)) {
        if (chunk.code === undefined || !chunk.code.includes(placeholderStart)) continue;
        chunk.code = chunk.code
          .replace(basePlaceholders, () => base)
          .replace(placeholders, (_, reference: string) => {
            const from = path.posix.dirname(fileName);
            const to = path.posix.relative(from, this.getFileName(reference));
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
const addonBinary = `fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`;

const urlExpression =
  /(\bentry\s*:\s*)?\bnew\s+URL\(\s*(['"`])(\.\.?\/[^'"`$]+)\2\s*,\s*import\.meta\.url\s*,?\s*\)/g;
const placeholderStart = 'OFFSTAGE_WORKER_';
const basePlaceholder = `${placeholderStart}BASE`;
const basePlaceholders = new RegExp(`(['"\`])${basePlaceholder}\\1`, 'g');
const commonJsUrl = "require('node:url').pathToFileURL(__filename).href";
const placeholder = (reference: string): string => `${placeholderStart}${reference}_END`;
const placeholders = /OFFSTAGE_WORKER_([\w$-]+?)_END/g;
const workerName = /\.worker\.[cm]?[jt]sx?$/;

function freeName(file: string, workers: Workers): string {
  const name = path.basename(file).replace(/\.[cm]?[jt]sx?$/, '');
  return [...workers.values()].includes(name) ? `${name}-${workers.size}` : name;
}

/** The file, or the TypeScript that it is built from. */
function existing(file: string): string | undefined {
  return [file, file.replace(/js(x?)$/, 'ts$1')].find((candidate) => existsSync(candidate));
}

const resolvedPath = (id: string): string => (id.startsWith('file:') ? fileURLToPath(id) : id);
