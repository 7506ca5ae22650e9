import { describe, test } from 'vitest';
import { DrivenInlineExecutor } from './driven-executor.test-support.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import { limits } from './job-manager.model.test-support.ts';
import { checkManager, definitions } from './job-manager.model-run.test-support.ts';

const numRuns = process.env.OFFSTAGE_LONG === '1' ? 1000 : 75;

const executors = {
  FakeExecutor(): FakeExecutor {
    const executor = new FakeExecutor(limits.concurrency);
    executor.holdDiscards = true;
    return executor;
  },
  InlineExecutor: () => new DrivenInlineExecutor(Object.values(definitions), limits.concurrency),
};

describe.each(Object.entries(executors))('with %s', (_, makeExecutor) => {
  test('F3 J1 J3 J4 J5 J6 J7 J8 J9 J12 J13 J15 J17 P3 A1 A2 A5 A6 A11 the manager does what the model does', () =>
    checkManager({ makeExecutor, numRuns, withShutdown: false }));

  test('F3 F5 J14 the manager does what the model does, also through a shutdown', () =>
    checkManager({ makeExecutor, numRuns, withShutdown: true }));
});
