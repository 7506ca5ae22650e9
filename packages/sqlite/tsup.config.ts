import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'journal-thread': 'src/journal-thread.ts' },
  outDir: 'dist',
  format: ['esm'],
  platform: 'node',
  target: 'es2023',
  dts: { entry: 'src/index.ts' },
  sourcemap: true,
  clean: true,
  splitting: true,
});
