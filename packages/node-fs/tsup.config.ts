import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/examine-thread.ts'],
  outDir: 'dist',
  format: ['esm'],
  platform: 'node',
  target: 'es2023',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
});
