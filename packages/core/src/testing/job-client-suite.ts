import { jobClientAdmissionSuite } from './job-client-suite-admission.ts';
import { jobClientAttemptsSuite } from './job-client-suite-attempts.ts';
import { type JobClientSuiteOptions, jobClientTest } from './job-client-suite-kit.ts';
import { jobClientLifeSuite } from './job-client-suite-life.ts';
import { jobClientReadingSuite } from './job-client-suite-reading.ts';
import type { SuiteRunner } from './suite-runner.ts';

/**
 * The executable form of the `JobClient` contract: what an owner sees is the same whatever engine
 * runs the jobs (A1 to A4, A10, A11, J1 to J17, P1 to P5, as far as a client can
 * tell). It asserts no time and never
 * sleeps, so it may run against threads, a network or many machines.
 *
 * @example
 * jobClientSuite({ describe, test, expect }, {
 *   name: 'JobManager',
 *   async create(setup) {
 *     const executor = new InlineExecutor(jobClientSuiteHandlers);
 *     const manager = new JobManager({ executor, ...setup });
 *     return {
 *       forOwner: (owner) => manager.forOwner(owner),
 *       shutdown: () => manager.shutdown(),
 *       close: async () => void (await manager.shutdown()),
 *     };
 *   },
 * });
 */
export function jobClientSuite(runner: SuiteRunner, options: JobClientSuiteOptions): void {
  const test = jobClientTest(runner, options);
  runner.describe(`${options.name} as a JobClient`, () => {
    jobClientAdmissionSuite(runner, test);
    jobClientLifeSuite(runner, test);
    jobClientReadingSuite(runner, test);
    jobClientAttemptsSuite(runner, test);
  });
}
