import {
  type AnyJobDefinition,
  checkSchema,
  invalidInput,
  type JobView,
  OffstageError,
  type StartOptions,
} from '@offstage/core';
import {
  admissionPaused,
  fingerprint,
  keyConflict,
  keyReused,
  managerClosed,
  newJobState,
  notRetriable,
  queueFull,
  randomId,
  readDefinition,
  readStartOptions,
  requireDefinition,
  type StartPlan,
  startedHow,
  startOptionsOf,
  transition,
} from '@offstage/core/engine';
import { type JobRecord, storedSpec, storedState, viewOf } from '../records/job-record.ts';
import { gone } from '../records/job-store.ts';
import { admitScript } from '../redis/admit-script.ts';
import { limitedAdmitScript } from '../redis/limit-scripts.ts';
import { redisError } from '../redis/redis-errors.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import type { Script } from '../redis/script.ts';
import { bullOptionsOf, bullPriority } from '../shared/bull-options.ts';
import { hashOf, partOf } from '../shared/names.ts';
import { encodeValue } from '../shared/value-codec.ts';
import type { BullContext } from './bull-context.ts';
import { refuse } from './manager-options.ts';
import { missingDefinition } from './missing-definition.ts';
import { requestStop } from './stopping.ts';

export interface Admission {
  readonly owner: Owner;
  readonly definition: AnyJobDefinition;
  readonly input: Buffer;
  readonly plan: StartPlan;
  /** The exclusivity key's part of keys. */
  readonly key: string;
  readonly start: string;
  readonly print: string;
  /** With what options, which is part of what is started; empty where the start has no key. */
  readonly how: string;
}

/** Whose jobs these are. */
export interface Owner {
  readonly id: string;
  /** Its part of keys. */
  readonly part: string;
}

const refusedOptions = {
  transfer: 'What goes through Redis is copied: leave it out.',
};

/** Starts a job (J3). */
export async function startJob(
  context: BullContext,
  owner: Owner,
  given: AnyJobDefinition,
  input: unknown,
  options: StartOptions = {},
): Promise<JobView> {
  const { settings } = context;
  const definition = readDefinition(given);
  const read = startOptionsOf(options);
  refuse(read, refusedOptions);
  const plan = readStartOptions(definition, read, settings.clock.now());
  const { idempotencyKey, exclusivityKey } = read;
  const once = onceOf(owner, definition, input, plan, read);
  try {
    if (context.isClosed()) throw managerClosed();
    const name: unknown = definition?.name;
    if (typeof name !== 'string' || !settings.definitions.has(name)) {
      throw missingDefinition(definition);
    }
    requireDefinition(definition);
    const checked = await checkSchema(definition.input, input);
    if (!checked.valid) throw invalidInput(definition, checked);
    // The clock is that of Redis from here on.
    await context.ready();
    return await admit(context, {
      owner,
      definition,
      input: encodeValue('input', checked.value),
      plan,
      key: exclusivityKey === undefined ? '' : partOf(exclusivityKey),
      ...once,
    });
  } catch (error) {
    // Who asks again is answered as before, whatever has become of this manager, or of the input.
    if (idempotencyKey === undefined || !isRefusedHere(error)) throw error;
    // Where Redis cannot be asked, that is why.
    const known = await knownStart(context, owner, once).catch((failed) => {
      throw isUnavailable(failed) ? error : failed;
    });
    if (known === undefined) throw error;
    return known;
  }
}

const isUnavailable = (error: unknown): boolean =>
  OffstageError.isInstance(error) && error.code === 'unavailable';

/** What tells a start under an idempotency key from another one; empty without a key. */
type Once = Pick<Admission, 'start' | 'print' | 'how'>;

function onceOf(
  owner: Owner,
  definition: AnyJobDefinition,
  input: unknown,
  plan: StartPlan,
  options: StartOptions,
): Once {
  const { idempotencyKey, exclusivityKey } = options;
  if (idempotencyKey === undefined) return { start: '', print: '', how: '' };
  return {
    start: hashOf(JSON.stringify([owner.part, idempotencyKey])),
    print: fingerprint([definition?.name, input, exclusivityKey]),
    how: startedHow(plan, options),
  };
}

/** Refused before Redis was asked whether the start is known. */
const isRefusedHere = (error: unknown): boolean =>
  OffstageError.isInstance(error) &&
  ['manager_closed', 'unknown_definition', 'invalid_definition', 'invalid_input'].includes(
    error.code,
  );

/** The job that was started under this key, as it is now. @throws OffstageError `idempotency_key_reused`. */
async function knownStart(
  { link, looks }: BullContext,
  owner: Owner,
  { start, print, how }: Once,
): Promise<JobView | undefined> {
  const known = textOfReply(await link.call('HGET', `${link.base}starts`, start));
  const [id = '', printBefore] = known.split(' ');
  if (id === '') return undefined;
  const howBefore = textOfReply(await link.call('HGET', `${link.base}job:${id}`, 'how'));
  if (printBefore !== print || (howBefore !== '' && howBefore !== how)) throw keyReused();
  const [seen] = await looks.look(owner.part, [{ id }]);
  return seen?.view;
}

/** Starts a job again that ended without success (A11). */
export async function retryJob(context: BullContext, owner: Owner, id: string): Promise<JobView> {
  const { settings, store } = context;
  const record = await store.find(id, 'handler');
  if (record === undefined || record.owner !== owner.part) throw gone();
  const { status } = record.state;
  if (status !== 'failed' && status !== 'canceled') {
    throw notRetriable('Only a job that ended failed or canceled can be started again.');
  }
  const { input } = record;
  if (!Buffer.isBuffer(input) || !record.state.atRest) {
    throw notRetriable(
      'The input of this job was not kept. Start it anew, or give the manager keepInputs: true.',
    );
  }
  const definition = settings.definitions.get(record.name);
  if (definition === undefined) throw missingDefinition(record);
  if (context.isClosed()) throw managerClosed();
  return admit(context, {
    owner,
    definition,
    input,
    plan: {
      exclusivityKey: await keyOf(context, record),
      onConflict: 'reject',
      priority: record.priority,
      due: undefined,
      transfer: undefined,
      retryOf: id,
    },
    key: record.key,
    start: '',
    print: '',
    how: '',
  });
}

/** The exclusivity key of a job as its start said it. */
async function keyOf({ link }: BullContext, { id, key }: JobRecord): Promise<string | undefined> {
  if (key === '') return undefined;
  const text = key.startsWith('#')
    ? textOfReply(await link.call('HGET', `${link.base}job:${id}`, 'longKey'))
    : `"${key.slice(1)}"`;
  // One of an older release has no other name than the one in its keys.
  return text === '' ? key : JSON.parse(text);
}

/**
 * Starts the job of a schedule, where `gate` decides in the same step whether it may. Resolves to its id, or
 * to the gate's own answer.
 */
export async function startScheduled(
  context: BullContext,
  owner: string,
  definition: AnyJobDefinition,
  input: unknown,
  gate: Gate,
): Promise<{ readonly jobId: string } | { readonly answer: string }> {
  const checked = await checkSchema(definition.input, input);
  if (!checked.valid) throw invalidInput(definition, checked);
  const plan = readStartOptions(definition, {}, context.settings.clock.now());
  const { record, answer } = await ask(
    context,
    {
      owner: { id: owner, part: partOf(owner) },
      definition,
      input: encodeValue('input', checked.value),
      plan,
      key: '',
      start: '',
      print: '',
      how: '',
    },
    gate,
  );
  const [what = ''] = answer;
  if (what === 'given' || what === 'admitted' || what === 'parked') {
    if (what === 'admitted') await give(context, record);
    else if (what === 'parked') await giveOthers(context, answer.slice(3));
    return { jobId: record.id };
  }
  if (refusals.has(what)) throw refusal(what, plan, context.settings);
  return { answer: what };
}

async function admit(context: BullContext, admission: Admission): Promise<JobView> {
  const { settings, store } = context;
  const { owner, plan } = admission;
  const { record, answer } = await ask(context, admission);
  const [what = '', id = '', other = '', replaced = ''] = answer;
  switch (what) {
    case 'given':
      return viewOf(record);
    case 'admitted':
      await give(context, record);
      return viewOf(record);
    case 'parked':
      await giveOthers(context, answer.slice(3));
      return viewOf(record);
    case 'waits':
      for (const each of [replaced, other]) {
        if (each !== '') await requestStop(context, each, 'replaced');
      }
      return viewOf(record);
    case 'known': {
      const looked = (await store.look(owner.part, [{ id }], true))[0];
      if (looked === undefined) throw gone();
      return viewOf(looked.record);
    }
    default:
      throw refusal(what, plan, settings);
  }
}

/** The script that is asked, and what it takes before the admission's own arguments. */
interface Gate {
  readonly script: Script;
  readonly before: (jobId: string) => readonly (string | Buffer)[];
  /** Somebody waits for it, and is told that it failed where Redis comes to it too late. */
  readonly isAwaited: boolean;
}

async function ask(
  context: BullContext,
  admission: Admission,
  gate?: Gate,
): Promise<{ readonly record: JobRecord; readonly answer: readonly string[] }> {
  const { settings, link } = context;
  const { owner, definition, plan, key } = admission;
  const record = newRecord(context, admission);
  const isAwaited = gate?.isAwaited ?? true;
  const run = async (): Promise<readonly string[]> => {
    const isClosed = link.isClosed;
    const args = [
      ...(gate?.before(record.id) ?? []),
      record.id,
      owner.part,
      definition.name,
      admission.start,
      admission.print,
      admission.how,
      key,
      plan.onConflict,
      bound(settings.maxQueued),
      bound(settings.maxActivePerOwner),
      mayRunAtOnce(record) ? JSON.stringify(bullOptionsOf(record, record.state.maxAttempts)) : '',
      bullPriority(record.priority),
      isAwaited ? lastMoment(settings) : '',
      'input',
      admission.input,
      ...fieldsOf(record, plan),
    ];
    const script = gate?.script ?? (record.limited ? limitedAdmitScript : admitScript);
    try {
      return listOfReply(await link.run(script, args)).map(textOfReply);
    } catch (error) {
      // It may have been carried out, and a refusal would say that nothing is left behind.
      throw !isClosed && link.isOfClosing(error) ? unheard() : error;
    }
  };
  let answer = await run();
  if (answer[0] === 'late') {
    // It came in time for whoever waits: one of the clocks was set.
    await link.lookAtClock();
    answer = await run();
  }
  if (answer[0] === 'late') {
    throw redisError(new Error('Redis came to this start when nobody waited for it any more.'));
  }
  return { record, answer };
}

const unheard = (): OffstageError =>
  redisError(new Error('The manager was closed before Redis had answered. The job may be there.'));

/** When a call gives up, by the clock of Redis. */
function lastMoment({ clock, redisTimeoutMs }: BullContext['settings']): number | '' {
  const at = clock.now() + Math.ceil(redisTimeoutMs);
  return Number.isSafeInteger(at) ? at : '';
}

// What has to wait for a time or a place is given when the script has decided that it may go on.
export const mayRunAtOnce = ({ limited, state }: JobRecord): boolean =>
  !limited && state.availableAt === null;

// From here on the job is kept. Where BullMQ cannot be told of it now, whoever looks for such jobs tells it.
export async function give(context: BullContext, record: JobRecord): Promise<void> {
  const { state } = record;
  try {
    await context.bull.add(
      record,
      state.availableAt,
      state.maxAttempts,
      context.settings.clock.now(),
    );
  } catch (error) {
    context.report(error);
  }
}

export async function giveOthers({ bull, settings, report }: BullContext, ids: readonly string[]) {
  for (const id of ids) await bull.addKnown(id, settings.clock.now()).catch(report);
}

export function newRecord(
  { settings, isLimited }: BullContext,
  { owner, definition, plan, key }: Admission,
): JobRecord {
  const createdAt = settings.clock.now();
  const { due } = plan;
  const availableAt = due === undefined ? null : 'at' in due ? due.at : createdAt + due.afterMs;
  const made = newJobState(createdAt, definition.retry?.attempts ?? 1, true);
  return {
    id: randomId(),
    owner: owner.part,
    ownerId: JSON.stringify(owner.id),
    name: definition.name,
    phases: definition.phases,
    retryOf: plan.retryOf,
    state: transition(made, { type: 'admitted', availableAt }).state,
    rev: '0',
    fence: '',
    priority: plan.priority,
    key,
    retry: definition.retry,
    timeoutMs: definition.timeoutMs,
    capacity: settings.progressCapacity,
    limited: isLimited(definition.name),
    keeps: settings.keepInputs,
    ttl: bound(Math.ceil(settings.ttlMs)),
    maxKept: bound(settings.maxKeptPerOwner),
  };
}

export const fieldsOf = (
  record: JobRecord,
  { exclusivityKey }: StartPlan,
): readonly (string | number)[] => [
  'spec',
  storedSpec(record),
  'state',
  storedState(record.state),
  ...(record.retryOf === null ? [] : ['retryOf', record.retryOf]),
  // What stands for it in keys does not tell it.
  ...(record.key.startsWith('#') ? ['longKey', JSON.stringify(exclusivityKey)] : []),
  // What scripts ask of a job with limits.
  ...(record.limited
    ? ['limited', 1, 'dueAt', record.state.availableAt ?? 0, 'priority', record.priority]
    : []),
];

const refusals: ReadonlySet<string> = new Set(['paused', 'full', 'owner full']);

const bound = (count: number): number | 'inf' => (count === Infinity ? 'inf' : count);

function refusal(
  what: string,
  { exclusivityKey = '' }: StartPlan,
  { maxQueued, maxActivePerOwner }: BullContext['settings'],
): OffstageError {
  switch (what) {
    case 'conflict':
      return keyConflict(exclusivityKey);
    case 'reused':
      return keyReused();
    case 'paused':
      return admissionPaused();
    case 'full':
      return queueFull(`${maxQueued} jobs are waiting already`);
    default:
      return queueFull(`This owner has ${maxActivePerOwner} active jobs already`);
  }
}
