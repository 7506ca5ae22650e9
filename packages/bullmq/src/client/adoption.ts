import {
  type AnyJobDefinition,
  checkSchema,
  invalidInput,
  isTerminal,
  type JobJournal,
  OffstageError,
  type ProgressEvent,
} from '@offstage/core';
import {
  admissionPaused,
  beforeLife,
  describeFailure,
  fingerprint,
  type JobState,
  type KeptJob,
  keptJobState,
  managerClosed,
  type StartPlan,
  transition,
} from '@offstage/core/engine';
import type { JobRecord } from '../records/job-record.ts';
import { adoptScript } from '../redis/adopt-script.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import type { ScriptArguments } from '../redis/script.ts';
import { bullOptionsOf, bullPriority } from '../shared/bull-options.ts';
import { hashOf, isJobId, partOf } from '../shared/names.ts';
import { encodeValue } from '../shared/value-codec.ts';
import { fieldsOf, give, giveOthers, mayRunAtOnce, newRecord } from './admission.ts';
import type { BullContext } from './bull-context.ts';
import { missingDefinition } from './missing-definition.ts';

/** What became of the jobs of a journal. */
export interface Adoption {
  /** So many jobs are in Redis now, and no longer in the journal. */
  readonly adopted: number;
  /** Jobs that the journal still has, as they cannot be taken over as they are. */
  readonly left: readonly LeftJob[];
}

/** A job that stays in its journal. */
export interface LeftJob {
  readonly id: string;
  readonly owner: string;
  /** The definition's. */
  readonly name: string;
  /** Why: `unknown_definition`, `invalid_input`, `too_large`, `not_serializable`, or `conflict` with a job that is there. */
  readonly error: OffstageError;
}

// What is on its way at once: a script holds Redis up for as long as it takes.
const mostAtOnce = 100;
const mostBytesAtOnce = 4 * 1024 * 1024;

interface Adopted {
  readonly kept: KeptJob;
  readonly record: JobRecord;
  readonly args: ScriptArguments;
  readonly bytes: number;
}

/** Takes over what a journal has; it lets go of a job when Redis has that. */
export async function adoptJobs(
  context: BullContext,
  journal: JobJournal,
  report: (error: unknown) => string,
): Promise<Adoption> {
  if (context.isClosed()) throw managerClosed();
  await context.ready();
  const { jobs } = await journal.open();
  const left: LeftJob[] = [];
  let adopted = 0;
  try {
    let batch: Adopted[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const moved = await move(context, batch, left);
      adopted += moved.length;
      if (moved.length > 0) {
        await journal.write(...moved.map((id) => ({ type: 'released', id }) as const));
        await context.link.call('SREM', `${context.link.base}adopted`, ...moved);
      }
      batch = [];
      bytes = 0;
    };
    for (const kept of inOrder(jobs)) {
      try {
        const next = await readKept(context, kept, report);
        batch.push(next);
        bytes += next.bytes;
      } catch (error) {
        left.push(leftBy(kept, error));
      }
      if (batch.length >= mostAtOnce || bytes >= mostBytesAtOnce) await flush();
    }
    await flush();
  } finally {
    await journal.close();
  }
  return Object.freeze({ adopted, left: Object.freeze(left) });
}

/** Whoever had begun held its key; the others wait for it in their order. */
function inOrder(jobs: readonly KeptJob[]): readonly KeptJob[] {
  const holds = ({ exclusivityKey, startedAt, status, discarded }: KeptJob): boolean =>
    exclusivityKey !== undefined &&
    (startedAt !== null || isTerminal(status)) &&
    status !== 'succeeded' &&
    !discarded;
  return [...jobs.filter(holds), ...jobs.filter((job) => !holds(job))];
}

/** Answers whom Redis has now. What cannot be asked at all is thrown, when all have been answered. */
async function move(
  context: BullContext,
  batch: readonly Adopted[],
  left: LeftJob[],
): Promise<readonly string[]> {
  const answers = await Promise.allSettled(
    batch.map(({ args }) => context.link.run(adoptScript, args)),
  );
  const moved: string[] = [];
  for (const [index, { kept, record }] of batch.entries()) {
    const answer = answers[index];
    if (answer?.status !== 'fulfilled') throw answer?.reason;
    const [what, other = '', ...rest] = listOfReply(answer.value).map(textOfReply);
    if (what === 'paused') throw admissionPaused();
    if (what === 'known') {
      left.push(leftBy(kept, startedAnew(other)));
      continue;
    }
    if (what === 'admitted') await give(context, record);
    if (what === 'parked') await giveOthers(context, rest.slice(1));
    moved.push(kept.id);
  }
  return moved;
}

/** All that Redis is to have of a job. @throws OffstageError, where it has to stay. */
async function readKept(
  context: BullContext,
  kept: KeptJob,
  report: (error: unknown) => string,
): Promise<Adopted> {
  const { settings } = context;
  const { id, name, exclusivityKey, idempotencyKey } = kept;
  const definition = settings.definitions.get(name);
  if (definition === undefined) throw missingDefinition({ name });
  if (!isJobId(id)) throw new OffstageError('not_supported', `${id} is no id of a job here.`);
  const state = stateOf(kept, definition, settings.clock.now(), report);
  const hasEnded = isTerminal(state.status);
  const owner = { id: kept.owner, part: partOf(kept.owner) };
  const key = exclusivityKey === undefined ? '' : partOf(exclusivityKey);
  const plan: StartPlan = {
    exclusivityKey,
    onConflict: 'queue',
    priority: kept.priority,
    due: undefined,
    transfer: undefined,
    retryOf: kept.retryOf ?? null,
  };
  const checked = await checkSchema(definition.input, kept.input);
  // One that has ended has its input for its discard and for a retry alone.
  if (!checked.valid && !hasEnded) throw invalidInput(definition, checked);
  const input = encodeValue('input', checked.valid ? checked.value : kept.input);
  const start = { owner, definition, input, plan, key, start: '', print: '', how: '' };
  const record: JobRecord = {
    ...newRecord(context, start),
    ...{ id, state },
    // More may have been shown of an attempt that was killed than was kept (H3).
    ...(kept.status === 'running' && { seqBefore: beforeLife(kept.attempt + 1) }),
  };
  const newest = kept.progress === null ? '' : textOfEvent(kept.progress);
  const values: (string | Buffer)[] = [];
  if (kept.saved !== undefined) values.push('saved', encodeValue('saved', kept.saved));
  if (state.status === 'succeeded') values.push('result', encodeValue('result', state.result));
  if (kept.progress !== null) values.push('progress', newest, 'seq', String(kept.progress.seq));
  if (state.stopReason !== null) values.push('stop', state.stopReason);
  const isGiven = !hasEnded && mayRunAtOnce(record);
  const args = [
    hasEnded ? 1 : 0,
    state.atRest ? 1 : 0,
    record.keeps ? 1 : 0,
    record.ttl,
    record.maxKept,
    newest,
    id,
    owner.part,
    name,
    idempotencyKey === undefined ? '' : hashOf(JSON.stringify([owner.part, idempotencyKey])),
    idempotencyKey === undefined ? '' : fingerprint([name, kept.input, exclusivityKey]),
    idempotencyKey === undefined ? '' : (kept.startedHow ?? ''),
    key,
    plan.onConflict,
    // It was admitted before.
    'inf',
    'inf',
    isGiven ? JSON.stringify(bullOptionsOf(record, state.maxAttempts)) : '',
    bullPriority(record.priority),
    // Nobody is told that it failed: a move is done again.
    '',
    'input',
    input,
    ...fieldsOf(record, plan),
    ...values,
  ];
  const bytes = values.reduce((sum, { length }) => sum + length, input.length);
  return { kept, record, args, bytes };
}

/** As the next process would go on with it: what ran is interrupted, and what was to be canceled is. */
function stateOf(
  kept: KeptJob,
  definition: AnyJobDefinition,
  now: number,
  report: (error: unknown) => string,
): JobState {
  // Whether its handler discards is the worker's to know.
  const state = keptJobState(kept, definition, { discards: true }, now);
  if (state.status === 'running') {
    const error = new OffstageError('interrupted', 'The process that ran the job has ended.');
    const isAsked = state.stopReason === 'canceled' || state.stopReason === 'replaced';
    const failure = describeFailure(error, isAsked ? '' : report(error));
    const next = transition(state, { type: 'interrupted', at: now, failure }).state;
    return next.status === 'queued' ? { ...next, availableAt: null } : next;
  }
  const { stopReason: reason } = state;
  return state.status === 'queued' && (reason === 'canceled' || reason === 'replaced')
    ? transition(state, { type: 'stopRequested', at: now, reason }).state
    : state;
}

/** As scripts find the number of an event: where it begins. */
function textOfEvent({ seq, ...rest }: ProgressEvent): string {
  return JSON.stringify({ seq, ...rest });
}

const leftBy = ({ id, owner, name }: KeptJob, error: unknown): LeftJob => {
  if (!OffstageError.isInstance(error)) throw error;
  return Object.freeze({ id, owner, name, error });
};

const startedAnew = (jobId: string): OffstageError =>
  new OffstageError(
    'conflict',
    `The same start has a job here already, ${jobId}: under its idempotency key it was asked for again since.`,
    { details: { jobId } },
  );
