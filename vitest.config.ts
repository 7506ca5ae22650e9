import os from 'node:os';
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserCommands } from './scripts/browser/commands.ts';
import { bedForwarder } from './scripts/browser/forwarder.ts';
import { chromiumArguments, findChromium } from './scripts/chromium.mjs';
import { root, runtimeOptions } from './scripts/setup.mjs';

// Tests read the sources of sibling packages through the `@offstage/source` export condition, so no
// build comes before them. `execArgv` gives worker threads that a test starts the same condition.
const source = '@offstage/source';

const project = (name: string, root: string, ...others: string[]) => ({
  extends: true as const,
  test: {
    name,
    root,
    // What one file leaves behind the next would meet: files of these start and change nothing of their process.
    isolate: !shared.includes(name),
    include: ['src/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', ...others, ...(isQuick ? leftOutWhenQuick : [])],
  },
});

// They run in a third less time where the modules are loaded, and compiled, once.
const shared = ['core', 'http', 'react', 'svelte', 'vue', 'solid', 'demo'];

const executablePath = findChromium();

// `npm test -- quick`: no browser, and none of what starts processes, fills disks or explores crashes.
const isQuick = process.env.OFFSTAGE_QUICK === '1';
const leftOutWhenQuick = [
  'apps/demo/src/cli/*.test.ts',
  'apps/demo/src/server/{crash,restart,start,starving}.test.ts',
  'apps/demo/src/server/{changes/changes,uploads/uploads,logs/logs}.test.ts',
  'apps/demo/src/{change/ingest-handler,search/search-while-ingesting,search/search,reading/read-handler}.test.ts',
  'apps/demo/src/reading/parse-process.test.ts',
  'docs/**',
  'packages/core/src/**/{crash-mutants,crash,faults,explore-crashes}.test.ts',
  'packages/node-fs/src/**/{*-matrix,bad-root,examine-files,leases,cli}.test.ts',
  'packages/node-worker/src/host/{process,faults,manager,starving}.test.ts',
  // They look at the packages as they are built.
  'scripts/docs/public-docs.test.ts',
  'packages/node-worker/src/vite/*.test.ts',
  'packages/sqlite/src/{*-matrix,bad-journal}.test.ts',
  // They need a Redis server and start processes.
  'packages/bullmq/src/**/*.redis.test.ts',
  'apps/demo/src/server/redis/*.test.ts',
  'scripts/survival/*.test.ts',
].map((pattern) => path.resolve(pattern));

/** The tests of a package that run in Chromium, on one origin with the test bed's servers. */
const browserProject = (name: string, root: string, include: string, dependencies: string[]) => ({
  extends: true as const,
  plugins: [bedForwarder()],
  resolve: { conditions: [source, 'browser', 'module', 'import', 'development|production'] },
  // Named here, since a dependency that is found late reloads the page in the middle of a test.
  optimizeDeps: { include: [...dependencies, 'eventsource-parser', 'zod', 'zod/mini'] },
  test: {
    name,
    root,
    include: [include],
    expect: { poll: { interval: 10, timeout: 60_000 } },
    globalSetup: [path.resolve('scripts/browser/test-bed.ts')],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      commands: browserCommands,
      provider: playwright({
        // Without one, Playwright says what is missing; `npm test` installs it first.
        launchOptions: { ...(executablePath && { executablePath }), args: chromiumArguments },
      }),
      instances: [{ browser: 'chromium' as const, name }],
    },
  },
});

/** The same tests on React 18 and React 19, but for those of the network, which the long form runs on both. */
const react = (version: '18' | '19') => {
  const modules = version === '18' ? 'fixtures/react-18/node_modules' : 'node_modules';
  const { resolve, ...rest } = browserProject(
    `react-${version}`,
    'packages/react',
    'src/**/*.browser.test.tsx',
    [
      'react',
      'react/jsx-dev-runtime',
      'react/jsx-runtime',
      'react-dom',
      'react-dom/client',
      'react-dom/server',
      'vitest-browser-react',
    ],
  );
  const alias = ['react', 'react-dom'].map((name) => ({
    find: new RegExp(`^${name}(?=/|$)`),
    replacement: path.join(root, modules, name),
  }));
  const isShort = version === '18' && process.env.OFFSTAGE_LONG !== '1';
  const exclude = isShort ? ['src/{windows,over-http}.browser.test.tsx'] : [];
  return { ...rest, test: { ...rest.test, exclude }, resolve: { ...resolve, alias } };
};

/** The pages of the Documents app, in a browser that the tests drive from outside. */
const pages = {
  extends: true as const,
  test: {
    name: 'pages',
    root: 'apps/demo',
    include: [
      'src/web-tests/**/*.test.ts',
      // No check, but the making of a picture: scripts/screenshots.mjs.
      ...(process.env.OFFSTAGE_RECORDING ? ['src/web-tests/recording.ts'] : []),
    ],
    // Tests wait for pages most of the time; more at once would have them wait for processors.
    maxConcurrency: 2,
    globalSetup: [path.resolve('apps/demo/src/web-tests/build-pages.ts')],
  },
};

const svelteInBrowser = () => {
  const { plugins, ...rest } = browserProject(
    'svelte-browser',
    'packages/svelte',
    'src/**/*.browser.test.ts',
    ['vitest-browser-svelte'],
  );
  return { ...rest, plugins: [...plugins, svelte()] };
};

const vueInBrowser = browserProject('vue-browser', 'packages/vue', 'src/**/*.browser.test.ts', [
  'vue',
  'vue/server-renderer',
]);

const solidInBrowser = browserProject(
  'solid-browser',
  'packages/solid',
  'src/**/*.browser.test.ts',
  ['solid-js', 'solid-js/web'],
);

export default defineConfig({
  resolve: { conditions: [source] },
  ssr: {
    resolve: { conditions: [source, 'node', 'import', 'default'], externalConditions: [source] },
  },
  test: {
    pool: 'forks',
    execArgv: runtimeOptions,
    // Only what is stuck may fail by these, not a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: [path.resolve('scripts/patience.ts')],
    // One more than there are processors, for tests that start processes wait for them most of the time.
    maxWorkers: os.availableParallelism() + 1,
    // What a passing test prints (errors that it provokes, say) is of no interest.
    silent: 'passed-only',
    projects: [
      project('core', 'packages/core'),
      project('node-worker', 'packages/node-worker'),
      project('node-fs', 'packages/node-fs'),
      project('sqlite', 'packages/sqlite'),
      project('bullmq', 'packages/bullmq'),
      project('http', 'packages/http'),
      project('react', 'packages/react'),
      project('svelte', 'packages/svelte'),
      project('vue', 'packages/vue'),
      project('solid', 'packages/solid'),
      project('demo', 'apps/demo', 'src/web-tests/**'),
      ...(isQuick
        ? []
        : [react('19'), react('18'), svelteInBrowser(), vueInBrowser, solidInBrowser, pages]),
      {
        extends: true,
        test: {
          name: 'repo',
          root: '.',
          include: ['scripts/**/*.test.ts', 'docs/**/*.test.ts', 'bench/src/**/*.test.ts'],
          exclude: isQuick ? leftOutWhenQuick : [],
        },
      },
    ],
  },
});
