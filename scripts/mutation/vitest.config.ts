import { defineConfig } from 'vitest/config';
import { root, runtimeOptions } from '../setup.mjs';

// The tests of jobs that are quick enough to run once a mutant, on the sources as they stand.
const source = '@offstage/source';

export default defineConfig({
  root,
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'node', 'import', 'default'] } },
  test: {
    execArgv: runtimeOptions,
    include: ['packages/core/src/jobs/**/*.test.ts'],
    exclude: ['packages/core/src/jobs/*{memory,hostile}*.test.ts'],
  },
});
