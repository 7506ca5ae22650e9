import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'examine-thread': 'src/examine-thread.ts',
    cli: 'src/cli/main.ts',
  },
  outDir: 'dist',
  format: ['esm'],
  platform: 'node',
  target: 'es2023',
  dts: { entry: 'src/index.ts' },
  sourcemap: true,
  clean: true,
  splitting: true,
});
