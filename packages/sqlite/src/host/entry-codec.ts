import {
  type JournalEntry,
  type KeptJob,
  type KeptValue,
  maxKeptBytes,
  notKeepable,
  tooLarge,
} from '@offstage/core/engine';
import type { Arena, ArenaReader } from '../shared/arena.ts';
import { decodeValue, encodeValue } from '../shared/value-codec.ts';
import type { JobColumns, WireEntry } from '../shared/wire.ts';

/**
 * The entry as the thread takes it; its values go into the arena.
 *
 * @throws OffstageError `not_serializable` or `too_large`.
 */
export function encodeEntry(entry: JournalEntry, arena: Arena): WireEntry {
  const id = entry.type === 'admitted' ? entry.job.id : entry.id;
  switch (entry.type) {
    case 'admitted':
      return [entry.type, id, encodeJob(entry.job, arena)];
    case 'started':
      return [entry.type, id, entry.attempt, entry.at];
    case 'progress':
      return [entry.type, id, arena.add(encodeValue(entry.event))];
    case 'saved':
      return [entry.type, id, addValue('saved', entry.state, arena)];
    case 'stopRequested':
      return [entry.type, id, entry.reason];
    case 'retrying': {
      const { attempt, availableAt, lastFailure } = entry;
      return [entry.type, id, attempt, availableAt, addIf(lastFailure, arena)];
    }
    case 'ended':
      return [entry.type, id, entry.status, entry.at, addOutcome(entry, arena)];
    case 'schedule': {
      const { schedule } = entry;
      if (schedule === undefined) return [entry.type, id, 0];
      checkedValue('input', schedule.input);
      return [entry.type, id, arena.add(encodeValue(schedule))];
    }
    case 'discarded':
    case 'released':
      return [entry.type, id];
    default:
      throw unknownEntry(entry);
  }
}

const unknownEntry = (entry: never): TypeError =>
  new TypeError(`A journal has no entries of type ${String(Reflect.get(Object(entry), 'type'))}.`);

function encodeJob(job: KeptJob, arena: Arena): JobColumns {
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
  return [
    arena.add(encodeValue(head)),
    addValue('input', input, arena),
    saved === undefined ? 0 : addValue('saved', saved, arena),
    progress === null ? 0 : arena.add(encodeValue(progress)),
    addIf(lastFailure, arena),
    addOutcome(job, arena),
    status,
    attempt,
    availableAt,
    startedAt,
    endedAt,
    stopReason,
    discarded ? 1 : 0,
  ];
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
): number {
  if (status === 'succeeded') return addValue('result', result, arena);
  return status === 'failed' ? addIf(failure, arena) : 0;
}

const addIf = (value: unknown, arena: Arena): number =>
  value === undefined ? 0 : arena.add(encodeValue(value));

const addValue = (name: KeptValue, value: unknown, arena: Arena): number =>
  arena.add(checkedValue(name, value));

function checkedValue(name: KeptValue, value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = encodeValue(value);
  } catch (cause) {
    throw notKeepable(name, value, cause, encodeValue);
  }
  if (bytes.byteLength > maxKeptBytes) throw tooLarge(name, bytes.byteLength, maxKeptBytes);
  return bytes;
}
