import { describe, expect, test } from 'vitest';
import { jobClientSuite } from '../testing/job-client-suite.ts';
import { jobClientSuiteHandlers } from '../testing/job-client-suite-handlers.ts';
import { memoryJournal } from '../testing/memory-journal.ts';
import { InlineExecutor } from './inline-executor.ts';
import { JobManager } from './job-manager.ts';

jobClientSuite(
  { describe, test, expect },
  {
    name: 'JobManager with a journal in memory',
    async create(setup) {
      const executor = new InlineExecutor(jobClientSuiteHandlers);
      const definitions = jobClientSuiteHandlers.map(({ definition }) => definition);
      const manager = new JobManager({ executor, definitions, journal: memoryJournal(), ...setup });
      return {
        forOwner: (owner) => manager.forOwner(owner),
        shutdown: () => manager.shutdown({ graceMs: 1000, keep: false }),
        async enterMaintenance() {
          const lease = manager.enterMaintenance();
          return () => lease[Symbol.dispose]();
        },
        close: async () => void (await manager.shutdown({ graceMs: 0 })),
      };
    },
  },
);
