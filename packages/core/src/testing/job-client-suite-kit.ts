import { OffstageError } from '../foundation/errors.ts';
import type { JobClient } from '../jobs/job-client.ts';
import type { JobId, JobView, TerminalJobView } from '../jobs/job-view.ts';
import { suiteJob } from './job-client-suite-handlers.ts';
import { settle } from './simulated-clock.ts';
import type { SuiteRunner } from './suite-runner.ts';

/** How the suite wants the engine for one test. */
export interface JobClientSuiteSetup {
  readonly concurrency: number;
  readonly progressCapacity: number;
  readonly maxQueued: number;
  readonly maxActivePerOwner: number;
  readonly maxKeptPerOwner: number;
  /** Inputs of ended jobs are kept, so that `retry` finds them (A11). */
  readonly keepInputs: boolean;
}

/** An engine of its own for one test. */
export interface JobClientEngine {
  forOwner(owner: string): JobClient;
  /** Closes admission and ends what runs, as J14 says; clients can still be asked. */
  shutdown(): Promise<unknown>;
  /** Holds maintenance (J15); called while nothing is active. Absent where the engine has none. */
  enterMaintenance?(): Promise<() => Promise<void> | void>;
  /** Frees what the engine holds; after it nothing is asked any more. Also after `shutdown`. */
  close(): Promise<void>;
}

export interface JobClientSuiteOptions {
  /** Names the engine in the titles. */
  readonly name: string;
  /** A fresh engine that serves `jobClientSuiteHandlers`, set up as asked. The suite closes it. */
  create(setup: JobClientSuiteSetup): Promise<JobClientEngine>;
}

/** What each test gets. */
export interface JobClientTools {
  readonly engine: JobClientEngine;
  /** The client of the owner most tests are about. */
  readonly alice: JobClient;
  readonly bob: JobClient;
}

export type JobClientTest = (
  title: string,
  body: (tools: JobClientTools) => Promise<void>,
  setup?: Partial<JobClientSuiteSetup>,
) => void;

export function jobClientTest(runner: SuiteRunner, options: JobClientSuiteOptions): JobClientTest {
  return (title, body, setup) =>
    runner.test(title, async () => {
      const engine = await options.create({
        concurrency: 2,
        progressCapacity: 100,
        maxQueued: 10_000,
        maxActivePerOwner: Number.POSITIVE_INFINITY,
        maxKeptPerOwner: 100,
        keepInputs: false,
        ...setup,
      });
      try {
        await body({ engine, alice: engine.forOwner('alice'), bob: engine.forOwner('bob') });
      } finally {
        await engine.close();
      }
    });
}

/** Ids that are nobody's, among them what path, property and encoding mistakes would trip over. */
export const strangeIds: readonly string[] = [
  '',
  'nobody',
  '../jobs',
  '__proto__',
  'constructor',
  'a/b?c=d#e',
  '%2e%2e%2f',
  'ä ö ü 💥',
  'x'.repeat(300),
];

/** Asks again and again, a turn of the event loop apart, until the answer is not undefined. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await settle();
  }
}

/** The first view of the job that `holds` accepts. */
export function viewThat<R, P extends string>(
  client: JobClient,
  id: JobId<R, P>,
  holds: (view: JobView<R, P>) => boolean,
): Promise<JobView<R, P>> {
  return eventually(async () => {
    const { job } = await client.poll(id, { limit: 0 });
    if (job === undefined) throw new Error(`Job ${id} is gone while it was looked for.`);
    return holds(job) ? job : undefined;
  });
}

/** A job whose handler is running, and ends as asked when it is canceled. */
export async function startWaiting(
  client: JobClient,
  end: 'return' | 'throw' | 'cancel' = 'cancel',
) {
  const { id } = await client.start(suiteJob, { wait: true, end, reports: 1 });
  return viewThat(client, id, (view) => view.progress !== null);
}

/** Runs a job to its end. */
export async function runToEnd(
  client: JobClient,
  input: Parameters<typeof client.start<typeof suiteJob>>[1] = {},
) {
  const { id } = await client.start(suiteJob, input);
  return client.wait(id);
}

/** Cancels a waiting job and resolves to its end. */
export async function stop(client: JobClient, id: string): Promise<TerminalJobView> {
  await client.cancel(id);
  return client.wait(id);
}

/** The code that the promise rejects with; 'resolved' when it does not reject. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : `not coded: ${String(error)}`;
  }
}
