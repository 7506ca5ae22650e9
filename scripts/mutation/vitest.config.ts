import { defineConfig } from 'vitest/config';
import { root, runtimeOptions } from '../setup.mjs';

// The tests of jobs that are quick enough to run once a mutant, on the sources as they stand.
const source = '@offstage/source';

export default defineConfig({
  root,
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'node', 'import', 'default'] } },
  test: {
    // Of the runner's process; a thread, which Stryker runs tests in, takes none of V8's own.
    execArgv: runtimeOptions.filter((option) => !option.startsWith('--wasm-')),
    include: ['packages/core/src/jobs/**/*.test.ts'],
    exclude: ['packages/core/src/jobs/*{memory,hostile}*.test.ts'],
  },
});
