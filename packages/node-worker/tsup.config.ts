import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/thread/index.ts', 'src/vite/index.ts'],
  outDir: 'dist',
  format: ['esm'],
  platform: 'node',
  target: 'es2023',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
});
