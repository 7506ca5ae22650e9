// The server and the thread are two entry points in one folder, as for Electron's main process.
import { copyFileSync } from 'node:fs';
import { build } from 'esbuild';

await build({
  entryPoints: ['src/server.ts', 'src/print.worker.ts'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // It is found from its own place alone, and so is installed where the bundle runs.
  external: ['fs-native-extensions'],
});
await build({
  entryPoints: ['src/page.ts'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
});
copyFileSync('src/page.html', 'dist/page.html');
