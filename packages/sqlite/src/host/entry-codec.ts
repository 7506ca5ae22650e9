import {
  type JournalEntry,
  type KeptJob,
  type KeptValue,
  maxKeptBytes,
  notKeepable,
  tooLarge,
} from '@offstage/core/engine';
import { Arena, type ArenaReader } from '../shared/arena.ts';
import { addValue, decodeValue } from '../shared/value-codec.ts';
import { entryTypes, type JobColumns, statuses } from '../shared/wire.ts';

/**
 * Appends the entry as the thread takes it: its type, its id, and its fields in their order. A value is a
 * block; an empty one is none, as no value is empty.
 *
 * @throws OffstageError `not_serializable` or `too_large`; the arena may have a part of it then.
 */
export function encodeEntry(entry: JournalEntry, arena: Arena): void {
  const type = entryTypes.indexOf(entry.type);
  if (type < 0) {
    throw new TypeError(`A journal has no entries of type ${String(entry.type)}.`);
  }
  arena.addByte(type);
  arena.addText(entry.type === 'admitted' ? entry.job.id : entry.id);
  switch (entry.type) {
    case 'admitted':
      encodeJob(entry.job, arena);
      break;
    case 'started':
      arena.addCount(entry.attempt);
      arena.addNumber(entry.at);
      break;
    case 'progress':
      addBlock(entry.event, arena);
      break;
    case 'saved':
      addChecked('saved', entry.state, arena);
      break;
    case 'stopRequested':
      arena.addText(entry.reason);
      break;
    case 'retrying':
      arena.addCount(entry.attempt);
      addMoment(entry.availableAt, arena);
      addIf(entry.lastFailure, arena);
      break;
    case 'ended':
      arena.addByte(statuses.indexOf(entry.status));
      arena.addNumber(entry.at);
      addOutcome(entry, arena);
      break;
    case 'schedule':
      encodeSchedule(entry, arena);
      break;
    case 'discarded':
    case 'released':
      break;
  }
}

function encodeJob(job: KeptJob, arena: Arena): void {
  const {
    id: _,
    input,
    saved,
    progress,
    lastFailure,
    result: _result,
    failure: _failure,
    status,
    attempt,
    availableAt,
    startedAt,
    endedAt,
    stopReason,
    discarded,
    ...head
  } = job;
  arena.addByte(statuses.indexOf(status));
  arena.addCount(attempt);
  addMoment(availableAt, arena);
  addMoment(startedAt, arena);
  addMoment(endedAt, arena);
  arena.addText(stopReason ?? '');
  arena.addByte(discarded ? 1 : 0);
  addBlock(head, arena);
  addChecked('input', input, arena);
  if (saved === undefined) addNone(arena);
  else addChecked('saved', saved, arena);
  addIf(progress ?? undefined, arena);
  addIf(lastFailure, arena);
  addOutcome(job, arena);
}

function encodeSchedule(
  { schedule }: Extract<JournalEntry, { type: 'schedule' }>,
  arena: Arena,
): void {
  if (schedule === undefined) {
    addNone(arena);
    return;
  }
  const length = arena.length;
  addChecked('input', schedule.input, arena);
  arena.cutTo(length);
  addBlock(schedule, arena);
}

/** @throws whatever a value throws that was not written by `encodeEntry`. */
export function decodeJob(id: string, columns: JobColumns, values: ArenaReader): KeptJob {
  const [headBytes, inputBytes, savedBytes, progressBytes, lastFailureBytes, outcomeBytes] =
    columns;
  const [, , , , , , status, attempt, availableAt, startedAt, endedAt, stopReason, discarded] =
    columns;
  const read = (bytes: number): unknown =>
    bytes === 0 ? undefined : decodeValue(values.take(bytes));
  if (headBytes === 0 || inputBytes === 0) throw new TypeError(`A value of job ${id} is missing.`);
  const head = read(headBytes);
  const input = read(inputBytes);
  const saved = read(savedBytes);
  const progress = read(progressBytes) ?? null;
  const lastFailure = read(lastFailureBytes);
  const outcome = read(outcomeBytes);
  // What is in the file was a KeptJob when it was written.
  return {
    id,
    ...Object(head),
    input,
    status,
    attempt,
    availableAt,
    startedAt,
    endedAt,
    stopReason,
    progress,
    discarded: discarded === 1,
    ...(savedBytes > 0 && { saved }),
    ...(lastFailure !== undefined && { lastFailure }),
    ...(status === 'succeeded' && { result: outcome }),
    ...(status === 'failed' && { failure: outcome }),
  } as KeptJob;
}

function addOutcome(
  { status, result, failure }: Pick<KeptJob, 'status' | 'result' | 'failure'>,
  arena: Arena,
): void {
  if (status === 'succeeded') addChecked('result', result, arena);
  else if (status === 'failed') addIf(failure, arena);
  else addNone(arena);
}

function addIf(value: unknown, arena: Arena): void {
  if (value === undefined) addNone(arena);
  else addBlock(value, arena);
}

const addNone = (arena: Arena): number => arena.endBlock(arena.beginBlock());

function addBlock(value: unknown, arena: Arena): number {
  const start = arena.beginBlock();
  addValue(value, arena);
  return arena.endBlock(start);
}

function addChecked(name: KeptValue, value: unknown, arena: Arena): void {
  let bytes: number;
  try {
    bytes = addBlock(value, arena);
  } catch (cause) {
    throw notKeepable(name, value, cause, (part) => addValue(part, new Arena()));
  }
  if (bytes > maxKeptBytes) throw tooLarge(name, bytes, maxKeptBytes);
}

/** A moment, or none. */
function addMoment(at: number | null, arena: Arena): void {
  arena.addByte(at === null ? 0 : 1);
  if (at !== null) arena.addNumber(at);
}
