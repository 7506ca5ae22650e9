import { offstageWorkers } from '@offstage/node-worker/vite';
import { reactRouter } from '@react-router/dev/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [reactRouter(), offstageWorkers()],
  // Of the development server alone. What the browser needs is bundled before the first page asks for it, or that
  // would be loaded again; what the server needs is never bundled for a browser.
  optimizeDeps: {
    include: ['@offstage/core', '@offstage/http/client', '@offstage/react', 'zod'],
    exclude: ['@offstage/http', '@offstage/node-fs', '@offstage/node-worker'],
  },
});
