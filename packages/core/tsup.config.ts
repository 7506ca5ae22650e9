import { defineConfig } from 'tsup';

export default defineConfig({
  // One module each, as in `src`. With "sideEffects": false a bundler then leaves out whole modules; in
  // one file it would keep whatever it cannot prove to be without effect, and all that this uses.
  entry: ['src/**/*.ts', '!src/**/*.test.ts', '!src/**/*.test-support.ts'],
  esbuildPlugins: [
    {
      name: 'modules-stay-apart',
      setup(build) {
        build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind }) =>
          kind === 'entry-point' ? undefined : { path: path.replace(/ts$/, 'js'), external: true },
        );
      },
    },
  ],
  outDir: 'dist',
  format: ['esm'],
  platform: 'neutral',
  target: 'es2023',
  dts: {
    entry: {
      index: 'src/index.ts',
      'observe/index': 'src/observe/index.ts',
      engine: 'src/engine.ts',
      storage: 'src/storage.ts',
      'wire/index': 'src/wire/index.ts',
      'testing/index': 'src/testing/index.ts',
    },
  },
  sourcemap: true,
  clean: true,
  splitting: false,
});
