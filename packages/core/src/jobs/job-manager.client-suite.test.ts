import { describe, expect, test } from 'vitest';
import { jobClientSuite } from '../testing/job-client-suite.ts';
import { jobClientSuiteHandlers } from '../testing/job-client-suite-handlers.ts';
import { InlineExecutor } from './inline-executor.ts';
import { JobManager } from './job-manager.ts';

jobClientSuite(
  { describe, test, expect },
  {
    name: 'JobManager with InlineExecutor',
    async create(setup) {
      const executor = new InlineExecutor(jobClientSuiteHandlers);
      const manager = new JobManager({ executor, ...setup });
      return {
        forOwner: (owner) => manager.forOwner(owner),
        shutdown: () => manager.shutdown({ graceMs: 1000 }),
        async enterMaintenance() {
          const lease = manager.enterMaintenance();
          return () => lease[Symbol.dispose]();
        },
        close: async () => void (await manager.shutdown({ graceMs: 0 })),
      };
    },
  },
);
