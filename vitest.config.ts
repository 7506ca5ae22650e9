import { defineConfig } from 'vitest/config';
import { runtimeOptions } from './scripts/setup.mjs';

// Tests read the sources of sibling packages through the `@offstage/source` export condition, so no
// build comes before them. `execArgv` gives worker threads that a test starts the same condition.
const source = '@offstage/source';

const project = (name: string, root: string) => ({
  extends: true as const,
  test: { name, root, include: ['src/**/*.test.ts'] },
});

export default defineConfig({
  resolve: { conditions: [source] },
  ssr: {
    resolve: { conditions: [source, 'node', 'import', 'default'], externalConditions: [source] },
  },
  test: {
    pool: 'forks',
    execArgv: runtimeOptions,
    testTimeout: 30_000,
    // What a passing test prints (errors that it provokes, say) is of no interest.
    silent: 'passed-only',
    projects: [
      project('core', 'packages/core'),
      project('node-worker', 'packages/node-worker'),
      project('node-fs', 'packages/node-fs'),
      project('http', 'packages/http'),
      project('react', 'packages/react'),
      project('svelte', 'packages/svelte'),
      project('demo', 'apps/demo'),
      {
        extends: true,
        test: { name: 'repo', root: '.', include: ['scripts/**/*.test.ts', 'docs/**/*.test.ts'] },
      },
    ],
  },
});
