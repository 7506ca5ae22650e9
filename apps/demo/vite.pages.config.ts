import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type PluginOption } from 'vite';

const web = path.join(import.meta.dirname, 'src', 'web');

const plugins: Readonly<Record<string, () => PluginOption>> = {
  react: () => react(),
  svelte: () =>
    svelte({
      configFile: false,
      compilerOptions: { runes: true, css: 'external' },
      onwarn: ({ code, message, filename }) => {
        throw new Error(`${filename ?? 'svelte'}: ${message} (${code})`);
      },
    }),
};

/**
 * The Documents pages, one build for each mode, `react` and `svelte`: into `dist/react` and
 * `dist/svelte`, for the paths `/react/` and `/svelte/`.
 *
 * Scripts and styles are files of their own with hashed names, so that the server may forbid inline
 * ones and keep these for good. Packages of this repository are read from their sources, so nothing
 * else needs to be built before.
 *
 * `vite -c vite.pages.config.ts --mode react` serves the pages while they are worked on, beside a
 * running server.
 */
export default defineConfig(({ mode, command }) => {
  // Whatever runs the build, such as a test, the pages are those that people get.
  if (command === 'build') process.env.NODE_ENV = 'production';
  const plugin = plugins[mode];
  if (plugin === undefined) throw new Error('Say which pages: --mode react or --mode svelte.');
  const server = `http://127.0.0.1:${process.env.PORT ?? 4173}`;
  return {
    root: path.join(web, mode),
    publicDir: path.join(web, 'public'),
    base: `/${mode}/`,
    plugins: [plugin()],
    resolve: { conditions: ['@offstage/source', ...defaultClientConditions] },
    build: {
      outDir: path.join(import.meta.dirname, 'dist', mode),
      emptyOutDir: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    server: { proxy: { '/api': server, '/jobs': server } },
  };
});
