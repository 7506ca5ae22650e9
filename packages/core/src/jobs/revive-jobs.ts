import { OffstageError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import type { Due } from './due.ts';
import { describeFailure } from './failure.ts';
import { Job, orphaned } from './job.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type { HandlerInfo, JobExecutor } from './job-executor.ts';
import type { OwnerJobs } from './job-registry.ts';
import { type JobEvent, type JobState, newJobState } from './job-state.ts';
import { isTerminal } from './job-view.ts';
import type { KeptJob } from './journal.ts';
import { beforeLife } from './progress-lives.ts';
import type { StartPlan } from './start-options.ts';

/** Where jobs that were kept take their places again. */
export interface RevivalHost {
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly executor: Pick<JobExecutor, 'handler'>;
  readonly progressCapacity: number;
  now(): number;
  monotonic(): number;
  openOwner(owner: string): OwnerJobs<Job>;
  /** Its owner finds it, and it is counted. */
  place(job: Job): void;
  claimKey(job: Job): void;
  /** It is at rest. */
  keep(job: Job): void;
  schedule(job: Job): void;
  discard(job: Job): void;
  rememberStart(job: Job, idempotencyKey: string, how: string | undefined): void;
  dispatch(job: Job, event: JobEvent): void;
  report(error: unknown, job?: Job): string;
}

/**
 * Goes on with jobs that were kept (K2, K3). What ran with the process that is gone is interrupted; what
 * waited waits on; what had its discard left to do does it; what is at rest can be read. Resolves when
 * what was interrupted is durable as such.
 */
export async function reviveJobs(kept: readonly KeptJob[], host: RevivalHost): Promise<void> {
  const orphans = new Map<string, Job[]>();
  const jobs = kept.map((each) => {
    const job = revived(each, host);
    host.place(job);
    if (each.idempotencyKey !== undefined) {
      host.rememberStart(job, each.idempotencyKey, each.startedHow);
    }
    if (job.isOrphan) orphans.set(job.name, [...(orphans.get(job.name) ?? []), job]);
    return job;
  });
  tellOrphans(orphans, host);
  // Whoever has begun held its key; the others wait for it in their order.
  const withKeys = jobs.filter((job) => !job.atRest && job.exclusivityKey !== undefined);
  for (const job of withKeys.filter(hasBegun)) host.claimKey(job);
  for (const job of withKeys.filter((each) => !hasBegun(each))) host.claimKey(job);
  const written: (Promise<void> | undefined)[] = [];
  for (const job of jobs) {
    goOn(job, host);
    if (job.state.status === 'running') written.push(job.pendingWrite?.tried);
  }
  await Promise.all(written);
}

function goOn(job: Job, host: RevivalHost): void {
  if (job.atRest) {
    // Its discard may still have to run, when its handler is back: nobody releases it but its owner.
    if (!job.isOrphan) host.keep(job);
  } else if (job.isTerminal) {
    host.discard(job);
  } else if (job.state.status === 'running') {
    const error = new OffstageError('interrupted', 'The process that ran the job has ended.');
    const failure = describeFailure(error, host.report(error, job));
    host.dispatch(job, { type: 'interrupted', at: host.now(), failure });
  } else if (!job.isOrphan) {
    host.schedule(job);
  }
}

const hasBegun = ({ state }: Job): boolean => state.startedAt !== null || isTerminal(state.status);

function revived(kept: KeptJob, host: RevivalHost): Job {
  const known = host.definitions.get(kept.name);
  const handler = known === undefined ? undefined : host.executor.handler(kept.name);
  const definition = known !== undefined && handler !== undefined ? known : unknownDefinition(kept);
  const info = known !== undefined && handler !== undefined ? handler : orphaned;
  const now = host.now();
  const due = dueOf(kept, now);
  const plan: StartPlan = {
    exclusivityKey: kept.exclusivityKey,
    onConflict: 'queue',
    priority: kept.priority,
    due,
    transfer: undefined,
    retryOf: kept.retryOf ?? null,
  };
  const job = new Job({
    id: kept.id,
    ownerJobs: host.openOwner(kept.owner),
    definition,
    handler: info,
    input: kept.input,
    given: kept,
    plan,
    progressCapacity: host.progressCapacity,
    createdAt: kept.createdAt,
    kept: { state: stateOf(kept, definition, info, momentOf(due, now)), life: lifeOf(kept) },
  });
  if (job.delay !== undefined) job.delay.dueAt = host.monotonic();
  job.saved = kept.saved;
  return job;
}

/**
 * Over the end of a process only the wall clock tells how much of a delay has passed. One that was set back
 * meanwhile makes it no longer than it was (F6).
 */
function dueOf({ availableAt, delayMs, startedAt }: KeptJob, now: number): Due | undefined {
  if (availableAt === null || availableAt <= now) return undefined;
  const mostMs = startedAt === null ? delayMs : availableAt - startedAt;
  if (mostMs === undefined) return { at: availableAt };
  return { afterMs: Math.min(mostMs, availableAt - now) };
}

const momentOf = (due: Due | undefined, now: number): number | undefined =>
  due === undefined || 'at' in due ? due?.at : now + due.afterMs;

/** The state of a job as another engine goes on with it, at `now`: as it was kept, and due when it is still to be. */
export function keptJobState(
  kept: KeptJob,
  definition: AnyJobDefinition,
  handler: HandlerInfo,
  now: number,
): JobState {
  const dueAt = momentOf(dueOf(kept, now), now) ?? null;
  return { ...stateOf(kept, definition, handler, undefined), availableAt: dueAt };
}

function stateOf(
  kept: KeptJob,
  definition: AnyJobDefinition,
  handler: HandlerInfo,
  dueAt: number | undefined,
): JobState {
  const { createdAt, attempt, startedAt, endedAt, stopReason } = kept;
  const attempts = definition.retry?.attempts ?? 1;
  const base = {
    // All states are of one shape.
    ...newJobState(createdAt, Math.max(attempts, attempt), handler.discards),
    attempt,
    availableAt: dueAt ?? kept.availableAt,
    lastFailure: kept.lastFailure ?? null,
    stopReason,
    progress: kept.progress === null ? null : Object.freeze({ ...kept.progress }),
    startedAt,
    endedAt,
  };
  const atRest = kept.discarded || !handler.discards;
  switch (kept.status) {
    case 'succeeded':
      return {
        ...base,
        status: 'succeeded',
        atRest: true,
        result: kept.result,
        failure: undefined,
      };
    case 'failed': {
      const failure = Object.freeze(kept.failure ?? noFailure);
      return { ...base, status: 'failed', atRest, result: undefined, failure };
    }
    case 'canceled':
      return { ...base, status: 'canceled', atRest, result: undefined, failure: undefined };
    case 'running':
      // What nobody can run waits, as it was kept (K5).
      if (handler === orphaned) break;
      return {
        ...base,
        status: 'running',
        isHandling: true,
        result: undefined,
        failure: undefined,
      };
    default:
      break;
  }
  return { ...base, status: 'queued', result: undefined, failure: undefined };
}

/** What ran goes on as its next attempt, or would. */
const lifeOf = ({ status, attempt }: KeptJob): number =>
  beforeLife(status === 'queued' ? attempt : attempt + 1);

const noFailure = { code: 'interrupted', message: 'Why it failed was not kept.', reference: '' };

function tellOrphans(orphans: ReadonlyMap<string, readonly Job[]>, host: RevivalHost): void {
  for (const [name, jobs] of orphans) {
    const [first] = jobs;
    const error = new OffstageError(
      'unknown_definition',
      `${jobs.length} kept ${jobs.length === 1 ? 'job waits' : 'jobs wait'} for job "${name}", which is ` +
        "not among the manager's definitions, or has no handler. Bring both back, or cancel what waits.",
      { details: { name, jobs: jobs.length } },
    );
    host.report(error, first);
  }
}

const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'offstage', validate: (value) => ({ value }) },
};

/** What is shown of a job whose definition is gone. */
const unknownDefinition = ({ name, progress }: KeptJob): AnyJobDefinition =>
  Object.freeze({
    name,
    input: anything,
    result: anything,
    phases: Object.freeze(progress === null ? [] : [progress.phase]),
  });
