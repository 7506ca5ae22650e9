// What a page loads, minified and gzipped, of the packages as built: `size-limit`, after a build.
const observe = 'packages/core/dist/observe/index.js';
const client = 'packages/http/dist/client/index.js';
const react = 'packages/react/dist/index.js';
const svelte = 'packages/svelte/dist/index.js';
const vue = 'packages/vue/dist/index.js';
const solid = 'packages/solid/dist/index.js';

// What is imported when it is first used (the stream, `wait`) is a file of its own in a page's build.
const firstLoad = (config) => ({
  ...config,
  plugins: [
    {
      name: 'first-load',
      setup(build) {
        build.onResolve({ filter: /./ }, ({ kind, path }) =>
          kind === 'dynamic-import' ? { path, external: true } : undefined,
        );
      },
    },
  ],
});

const check = (name, limit, imports, rest = {}) => ({
  name,
  limit,
  gzip: true,
  path: Object.keys(imports),
  import: imports,
  ...rest,
});

/**
 * What the Documents pages load until they stand, as the application's build made it: all but what is
 * loaded when it is wanted.
 */
function pages(framework, limit) {
  const assets = `apps/demo/dist/${framework}/assets`;
  return {
    name: `Documents in ${framework}, first load`,
    limit,
    gzip: true,
    disablePlugins: ['@size-limit/esbuild'],
    path: [
      `${assets}/*.js`,
      ...[
        'change-job',
        'wait-for-end',
        'search-page',
        'versions-page',
        'activity-page',
        'settings-page',
        'document-page',
      ].map((later) => `!${assets}/${later}-*.js`),
    ],
  };
}

export default [
  check('core: JobObserver', '4.97 kB', { [observe]: '{ JobObserver }' }),
  check(
    'http: HttpJobClient, first load',
    '5.96 kB',
    { [client]: '{ HttpJobClient }' },
    { modifyEsbuildConfig: firstLoad },
  ),
  check(
    'react: useJobProgress with HttpJobClient, first load',
    '7.87 kB',
    { [react]: '{ JobsProvider, useJobProgress }', [client]: '{ HttpJobClient }' },
    { ignore: ['react'], modifyEsbuildConfig: firstLoad },
  ),
  check(
    'react: the same with all that it loads later',
    '10.92 kB',
    { [react]: '{ JobsProvider, useJobProgress }', [client]: '{ HttpJobClient }' },
    { ignore: ['react'] },
  ),
  check(
    'svelte: jobProgress with HttpJobClient, first load',
    '8.11 kB',
    { [svelte]: '{ jobProgress }', [client]: '{ HttpJobClient }' },
    { ignore: ['svelte'], modifyEsbuildConfig: firstLoad },
  ),
  check(
    'vue: useJobProgress with HttpJobClient, first load',
    '8.13 kB',
    { [vue]: '{ provideJobs, useJobProgress }', [client]: '{ HttpJobClient }' },
    { ignore: ['vue'], modifyEsbuildConfig: firstLoad },
  ),
  check(
    'solid: useJobProgress with HttpJobClient, first load',
    '8.09 kB',
    { [solid]: '{ JobsProvider, useJobProgress }', [client]: '{ HttpJobClient }' },
    { ignore: ['solid-js'], modifyEsbuildConfig: firstLoad },
  ),
  pages('react', '130 kB'),
  pages('svelte', '70 kB'),
];
