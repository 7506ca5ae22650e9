import { BroadcastChannel } from 'node:worker_threads';
import type { StopReason } from '@offstage/core';
import type { DiscardOutcome } from '@offstage/core/engine';
import { expect, test } from 'vitest';
import type {
  DrivenDiscard,
  DrivenRun,
  Driver,
} from '../../../core/src/jobs/driven-executor.test-support.ts';
import { checkManager } from '../../../core/src/jobs/job-manager.model-run.test-support.ts';
import { fixture } from '../../fixtures/harness.ts';
import { WorkerExecutor } from './worker-executor.ts';

interface Told {
  readonly type: 'began' | 'stopped' | 'ended' | 'discards';
  readonly jobId: string;
  readonly reason: StopReason;
  readonly outcome: DiscardOutcome;
}

/**
 * More than the handlers that the manager lets run at once: a discard that is not done yet holds a thread, and
 * what comes after it would wait for one, where the model has it begin at once.
 */
const enoughThreads = 24;

let drivers = 0;

/** Real threads whose handlers are driven by hand. */
class DrivenWorkerExecutor extends WorkerExecutor implements Driver {
  readonly runs: DrivenRun[] = [];
  readonly discards: DrivenDiscard[] = [];
  readonly isOrdered = false;
  mostAtOnce = 0;
  readonly #channel: BroadcastChannel;
  readonly #stops = new Map<string, StopReason[]>();
  #atOnce = 0;

  constructor() {
    drivers += 1;
    const name = `driver-${process.pid}-${drivers}`;
    super({
      entry: fixture('driven'),
      threads: enoughThreads,
      env: { ...process.env, OFFSTAGE_DRIVER: name },
    });
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (message: unknown) => {
      this.#hear(Reflect.get(Object(message), 'data') as Told);
    };
  }

  runOf(jobId: string): DrivenRun {
    const run = this.runs.findLast(({ task }) => task.jobId === jobId);
    if (run === undefined) throw new Error(`No handler ran for ${jobId}.`);
    return run;
  }

  override async shutdown(options: { readonly graceMs: number }): Promise<void> {
    await super.shutdown(options);
    this.#channel.close();
  }

  #hear({ type, jobId, reason, outcome }: Told): void {
    const act = (name: string) => () => this.#channel.postMessage({ to: jobId, act: name });
    if (type === 'stopped') this.#stops.get(jobId)?.push(reason);
    else if (type === 'ended') this.#atOnce -= 1;
    else if (type === 'discards') {
      this.discards.push({ task: { jobId, outcome }, finish: act('finish'), fail: act('fail') });
    } else {
      this.#atOnce += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
      const stops: StopReason[] = [];
      this.#stops.set(jobId, stops);
      this.runs.push({
        task: { jobId },
        stops,
        report: act('report'),
        return: (value) => act(value === 'ok' ? 'return' : 'return badly')(),
        throw: act('throw'),
        fail: act('fail'),
        retry: (afterMs) => act(`retry ${afterMs}`)(),
        obey: act('obey'),
      });
    }
  }
}

// Few runs, and long ones: each loads threads of its own.
test('F3 J1 J3 J4 J5 J6 J7 J8 J9 J12 J13 J15 J17 P3 A1 A2 A5 A6 over threads the manager does what the model does', async () => {
  let made = 0;
  await checkManager({
    makeExecutor: () => {
      made += 1;
      return new DrivenWorkerExecutor();
    },
    numRuns: 2,
    withShutdown: false,
    shrinks: false,
  });
  expect(made).toBeGreaterThanOrEqual(2);
});
