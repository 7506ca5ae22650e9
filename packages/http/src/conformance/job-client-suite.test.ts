import { jobClientSuite } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { loopback } from './loopback.test-support.ts';

const transports = {
  // Short, since nothing but the next look tells of a change.
  'by poll': { streaming: false, pollIntervalMs: 5 },
  // So long that whatever is seen was told by the stream.
  'by stream': { streaming: true, pollIntervalMs: 3_600_000 },
};

for (const [transport, options] of Object.entries(transports)) {
  jobClientSuite(
    {
      describe,
      test: (title, body) => test(title.replace(/^((?:[A-Z]\d+ )+)/, '$1H4 '), body),
      expect,
    },
    {
      name: `HttpJobClient ${transport}`,
      async create(setup) {
        const server = await loopback(setup);
        return {
          forOwner: (owner) => server.clientOf(owner, options),
          shutdown: () => server.manager.shutdown({ graceMs: 1000 }),
          async enterMaintenance() {
            const lease = server.manager.enterMaintenance();
            return () => lease.release();
          },
          close: () => server.close(),
        };
      },
    },
  );
}
