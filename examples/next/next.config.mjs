/** @type {import('next').NextConfig} */
export default {
  // node-fs loads an addon and node-worker starts threads: both from their own place.
  serverExternalPackages: ['@offstage/core', '@offstage/node-fs', '@offstage/node-worker'],
  // The thread's files, for `output: 'standalone'` and hosts that copy what is traced.
  outputFileTracingIncludes: { '/jobs/*': ['./workers/**', './lib/jobs.ts'] },
};
