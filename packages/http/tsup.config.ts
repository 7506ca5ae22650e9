import { defineConfig } from 'tsup';

export default defineConfig({
  // One module each, as in core: a bundler then leaves out whole modules, and a page loads no server's.
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
      'client/index': 'src/client/index.ts',
      'node/index': 'src/node/index.ts',
    },
  },
  sourcemap: true,
  clean: true,
  splitting: false,
  external: [/^node:/],
});
