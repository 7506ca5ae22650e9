import type { JobStatus } from '@offstage/core';
import { ArenaReader } from '../shared/arena.ts';
import { entryTypes, statuses } from '../shared/wire.ts';

type Bytes = Uint8Array | undefined;

/** A change of the file, as `encodeEntry` has written it. Values are views of its message. */
export type FileEntry =
  | {
      readonly type: 'admitted';
      readonly id: string;
      /** The id as it stands in the file. */
      readonly key: Uint8Array;
      readonly job: JobRow;
    }
  | {
      readonly type: 'started';
      readonly id: string;
      readonly attempt: number;
      readonly at: number;
    }
  | { readonly type: 'progress'; readonly id: string; readonly event: Bytes }
  | { readonly type: 'saved'; readonly id: string; readonly state: Bytes }
  | { readonly type: 'stopRequested'; readonly id: string; readonly reason: string }
  | {
      readonly type: 'retrying';
      readonly id: string;
      readonly attempt: number;
      readonly availableAt: number | null;
      readonly lastFailure: Bytes;
    }
  | {
      readonly type: 'ended';
      readonly id: string;
      readonly status: JobStatus;
      readonly at: number;
      readonly outcome: Bytes;
    }
  | { readonly type: 'discarded' | 'released'; readonly id: string }
  | {
      readonly type: 'schedule';
      readonly id: string;
      readonly key: Uint8Array;
      readonly record: Bytes;
    };

export interface JobRow {
  readonly status: JobStatus;
  readonly attempt: number;
  readonly availableAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly stopReason: string | null;
  readonly discarded: boolean;
  /** What of a job never changes, apart from its id and its input. */
  readonly head: Bytes;
  readonly input: Bytes;
  readonly saved: Bytes;
  readonly progress: Bytes;
  readonly lastFailure: Bytes;
  /** The result or the failure, as the status says. */
  readonly outcome: Bytes;
}

/** Calls `each` with every entry of a message, and which of its writes it belongs to. Returns how many it has. */
export function readWrites(
  bytes: Uint8Array,
  each: (entry: FileEntry, write: number) => void,
): number {
  const reader = new ArenaReader(bytes);
  let write = 0;
  for (; !reader.isAtEnd; write += 1) {
    for (let left = reader.count(); left > 0; left -= 1) each(readEntry(reader), write);
  }
  return write;
}

function readEntry(reader: ArenaReader): FileEntry {
  const type = entryTypes[reader.byte()] ?? 'released';
  const start = reader.offset;
  const id = reader.text();
  switch (type) {
    case 'admitted':
      return { type, id, key: reader.since(start), job: readJob(reader) };
    case 'started':
      return { type, id, attempt: reader.count(), at: reader.number() };
    case 'progress':
      return { type, id, event: reader.block() };
    case 'saved':
      return { type, id, state: reader.block() };
    case 'stopRequested':
      return { type, id, reason: reader.text() };
    case 'retrying':
      return {
        type,
        id,
        attempt: reader.count(),
        availableAt: readMoment(reader),
        lastFailure: reader.block(),
      };
    case 'ended':
      return {
        type,
        id,
        status: readStatus(reader),
        at: reader.number(),
        outcome: reader.block(),
      };
    case 'schedule':
      return { type, id, key: reader.since(start), record: reader.block() };
    default:
      return { type, id };
  }
}

// Properties are read in this order, which is that of `encodeJob`.
const readJob = (reader: ArenaReader): JobRow => ({
  status: readStatus(reader),
  attempt: reader.count(),
  availableAt: readMoment(reader),
  startedAt: readMoment(reader),
  endedAt: readMoment(reader),
  stopReason: reader.text() || null,
  discarded: reader.byte() === 1,
  head: reader.block(),
  input: reader.block(),
  saved: reader.block(),
  progress: reader.block(),
  lastFailure: reader.block(),
  outcome: reader.block(),
});

const readStatus = (reader: ArenaReader): JobStatus => statuses[reader.byte()] ?? 'queued';

const readMoment = (reader: ArenaReader): number | null =>
  reader.byte() === 0 ? null : reader.number();
