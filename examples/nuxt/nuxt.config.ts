import { offstageWorkers } from '@offstage/node-worker/vite';

export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  app: { head: { title: 'Offstage in Nuxt', htmlAttrs: { lang: 'en' } } },
  // Nitro builds the server, and asks plugins of Rollup.
  nitro: { rollupConfig: { plugins: [offstageWorkers()] } },
});
