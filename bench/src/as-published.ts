import path from 'node:path';
import { buildSync } from 'esbuild';

const here = import.meta.dirname;
const sources = path.join(here, '../..');

const peers = ['@electric-sql/pglite', '@platformatic/job-queue', 'openworkflow', 'pg-boss'];

/**
 * A bench as JavaScript, which is what is published. Run as they stand, the sources of each thread would
 * be stripped of their types in that thread, which takes longer and more memory than what is measured.
 * Returns its path.
 */
export function asPublished(bench: string): string {
  const outdir = path.join(here, '../dist');
  buildSync({
    entryPoints: [
      path.join(here, bench),
      path.join(here, 'snapshots/memory.publisher.ts'),
      path.join(sources, 'packages/node-fs/src/examine-thread.ts'),
      path.join(sources, 'packages/sqlite/src/journal-thread.ts'),
    ],
    // Beside each other, as in the package.
    entryNames: '[name]',
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@offstage/source'],
    // Peers stay as their packages have them.
    external: ['fs-native-extensions', 'zod', ...peers],
    logLevel: 'warning',
  });
  return path.join(outdir, path.basename(bench).replace(/ts$/, 'js'));
}
