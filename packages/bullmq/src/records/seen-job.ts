import type { JobView, ProgressEvent } from '@offstage/core';
import { ProgressRing, type RingRead, repairCursor } from '@offstage/core/engine';
import { type JobRecord, viewOf } from './job-record.ts';
import type { Looked } from './job-store.ts';

/** A job as one look found it, for all who share that look: its view and its events are read once. */
export class SeenJob {
  readonly record: JobRecord;
  readonly #events: Looked['events'];
  #view: JobView | undefined;
  #ring: ProgressRing | undefined;

  constructor({ record, events }: Looked) {
    this.record = record;
    this.#events = events;
  }

  get view(): JobView {
    this.#view ??= viewOf(this.record);
    return this.#view;
  }

  /** What of the newest events comes after a cursor, where the look was asked for it. */
  read(after: unknown, limit: unknown): RingRead {
    const from = repairCursor(after);
    const atMost = readLimit(limit);
    const newest = this.record.state.progress?.seq ?? 0;
    if (this.#events.length === 0 || atMost === 0) {
      return { events: noEvents, cursor: Math.min(from, newest), missed: 0 };
    }
    this.#ring ??= this.#newRing();
    return this.#ring.read(from, atMost);
  }

  #newRing(): ProgressRing {
    const ring = new ProgressRing(this.#events.length);
    for (const event of this.#events) {
      ring.push(Object.freeze(JSON.parse(String(event)) as ProgressEvent));
    }
    return ring;
  }
}

const noEvents: readonly ProgressEvent[] = Object.freeze([]);

/** As a poll in one process repairs it. */
export function readLimit(limit: unknown): number {
  if (typeof limit !== 'number' || Number.isNaN(limit)) return 100;
  return limit > 0 ? Math.floor(limit) : 0;
}
