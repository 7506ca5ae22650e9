import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  outDir: 'dist',
  format: ['esm'],
  platform: 'neutral',
  target: 'es2023',
  // Bundlers that split server from client, such as Next.js's, read it at the top of the file.
  banner: { js: "'use client';" },
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
});
