import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isDone } from '@offstage/core/engine';
import { Arena, ArenaReader } from '../shared/arena.ts';
import type { JobColumns } from '../shared/wire.ts';
import type { FileEntry, JobRow } from './entry-reader.ts';

/** A value up to this many bytes stands in its job's row; such a row is written at each change. */
const mostInRow = 2048;
const part = { input: 0, saved: 1, outcome: 2 } as const;
type Part = keyof typeof part;

interface Known {
  readonly number: number;
  status: string;
  discarded: boolean;
  /** Which of its values have rows of their own: a bit each, by the number of the part. */
  large: number;
}

/**
 * What is in the tables, and which row is which job's: jobs are found by number, as an index by id would
 * cost more than all else.
 */
export class Tables {
  readonly #database: DatabaseSync;
  readonly #maxKept: number;
  readonly #jobs = new Map<string, Known>();
  /** Jobs with nothing left to do, those that ended first in front. */
  readonly #done = new Set<string>();
  readonly #statements = new Map<string, StatementSync>();
  #lastNumber = 0;
  /** Whether something was deleted since this was set to `false`. */
  hasDeleted = true;

  constructor(database: DatabaseSync, maxKept: number) {
    this.#database = database;
    this.#maxKept = maxKept;
  }

  /** All jobs, in portions. Learns which row is whose. */
  *readJobs(perPortion: number): Generator<{
    readonly jobs: (readonly [id: string, columns: JobColumns])[];
    readonly bytes: Uint8Array<ArrayBuffer>;
  }> {
    this.#jobs.clear();
    this.#done.clear();
    this.#lastNumber = 0;
    const ended: { readonly id: string; readonly at: number }[] = [];
    let jobs: (readonly [id: string, columns: JobColumns])[] = [];
    let arena = new Arena();
    const large = this.#largeParts();
    for (const row of this.#database.prepare('SELECT * FROM job ORDER BY number').iterate()) {
      const number = Number(row.number);
      const id = textOf(row.id);
      const status = String(row.status);
      const discarded = row.discarded === 1;
      this.#lastNumber = number;
      const known: Known = { number, status, discarded, large: large.get(number) ?? 0 };
      this.#jobs.set(id, known);
      if (isDone({ status: status as 'queued', discarded })) {
        ended.push({ id, at: Number(row.ended_at) });
      }
      const add = (value: Uint8Array | undefined): number => (value ? arena.add(value) : 0);
      const columns: JobColumns = [
        add(bytesOf(row.head)),
        add(this.#value(row.input, known, 'input')),
        add(this.#value(row.saved, known, 'saved')),
        add(bytesOf(row.progress)),
        add(bytesOf(row.last_failure)),
        add(this.#value(row.outcome, known, 'outcome')),
        status,
        Number(row.attempt),
        numberOf(row.available_at),
        numberOf(row.started_at),
        numberOf(row.ended_at),
        row.stop_reason === null ? null : String(row.stop_reason),
        discarded ? 1 : 0,
      ];
      jobs.push([id, columns]);
      if (jobs.length >= perPortion) {
        yield { jobs, bytes: arena.bytes };
        jobs = [];
        arena = new Arena();
      }
    }
    for (const { id } of ended.sort((a, b) => a.at - b.at)) this.#done.add(id);
    yield { jobs, bytes: arena.bytes };
  }

  readSchedules(): Uint8Array[] {
    const rows = this.#database.prepare('SELECT record FROM schedule').all();
    return rows.map(({ record }) => bytesOf(record) ?? new Uint8Array());
  }

  /** Learns again which row is whose, after a transaction that was not kept. */
  reload(): void {
    for (const _ of this.readJobs(1000));
  }

  apply(entry: FileEntry): void {
    if (entry.type === 'admitted') {
      this.#admit(entry.id, entry.key, entry.job);
      return;
    }
    if (entry.type === 'schedule') {
      this.#schedule(entry.key, entry.record);
      return;
    }
    const known = this.#jobs.get(entry.id);
    if (known === undefined) return;
    const { number } = known;
    switch (entry.type) {
      case 'started':
        known.status = 'running';
        this.#run(
          `UPDATE job SET status = 'running', attempt = ?, started_at = ?, available_at = NULL WHERE number = ?`,
          entry.attempt,
          entry.at,
          number,
        );
        break;
      case 'progress':
        this.#run('UPDATE job SET progress = ? WHERE number = ?', entry.event ?? null, number);
        break;
      case 'saved':
        this.#run(
          'UPDATE job SET saved = ? WHERE number = ?',
          this.#place(entry.state, known, 'saved'),
          number,
        );
        break;
      case 'stopRequested':
        this.#run(
          'UPDATE job SET stop_reason = coalesce(stop_reason, ?) WHERE number = ?',
          entry.reason,
          number,
        );
        break;
      case 'retrying':
        known.status = 'queued';
        this.#run(
          `UPDATE job SET status = 'queued', attempt = ?, available_at = ?, stop_reason = NULL,
             last_failure = coalesce(?, last_failure) WHERE number = ?`,
          entry.attempt,
          entry.availableAt,
          entry.lastFailure ?? null,
          number,
        );
        break;
      case 'ended':
        known.status = entry.status;
        this.#run(
          `UPDATE job SET status = ?, ended_at = ?, available_at = NULL, outcome = ? WHERE number = ?`,
          entry.status,
          entry.at,
          this.#place(entry.outcome, known, 'outcome'),
          number,
        );
        this.#sortIn(entry.id, known);
        break;
      case 'discarded':
        known.discarded = true;
        this.#run('UPDATE job SET discarded = 1 WHERE number = ?', number);
        this.#sortIn(entry.id, known);
        break;
      case 'released':
        this.#release(entry.id);
    }
  }

  /** Lets the jobs go that ended first, where more are kept than may be (K8). */
  prune(): void {
    for (const id of this.#done) {
      if (this.#done.size <= this.#maxKept) return;
      this.#release(id);
    }
  }

  #admit(id: string, key: Uint8Array, job: JobRow): void {
    const again = this.#jobs.get(id);
    if (again === undefined) this.#lastNumber += 1;
    else this.#dropLarge(again);
    const { status, discarded } = job;
    const number = again?.number ?? this.#lastNumber;
    const known: Known = { number, status, discarded, large: 0 };
    this.#done.delete(id);
    this.#jobs.set(id, known);
    if (isFresh(job)) {
      // Nearly all are; each value that is bound takes its time.
      this.#run(
        `INSERT OR REPLACE INTO job (number, id, head, input, status, attempt, available_at, discarded)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        number,
        key,
        job.head ?? null,
        this.#place(job.input, known, 'input'),
        status,
        job.attempt,
        job.availableAt,
        discarded ? 1 : 0,
      );
      this.#sortIn(id, known);
      return;
    }
    this.#run(
      `INSERT OR REPLACE INTO job (number, id, head, input, saved, progress, last_failure, outcome, status,
         attempt, available_at, started_at, ended_at, stop_reason, discarded)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      number,
      key,
      job.head ?? null,
      this.#place(job.input, known, 'input'),
      this.#place(job.saved, known, 'saved'),
      job.progress ?? null,
      job.lastFailure ?? null,
      this.#place(job.outcome, known, 'outcome'),
      status,
      job.attempt,
      job.availableAt,
      job.startedAt,
      job.endedAt,
      job.stopReason,
      discarded ? 1 : 0,
    );
    this.#sortIn(id, known);
  }

  #schedule(key: Uint8Array, record: Uint8Array | undefined): void {
    if (record === undefined) this.#run('DELETE FROM schedule WHERE id = ?', key);
    else this.#run('INSERT OR REPLACE INTO schedule (id, record) VALUES (?, ?)', key, record);
  }

  #release(id: string): void {
    const known = this.#jobs.get(id);
    if (known === undefined) return;
    this.#jobs.delete(id);
    this.#done.delete(id);
    this.#run('DELETE FROM job WHERE number = ?', known.number);
    this.hasDeleted = true;
    this.#dropLarge(known);
  }

  #dropLarge(known: Known): void {
    if (known.large === 0) return;
    const first = known.number * 4;
    this.#run('DELETE FROM large WHERE key BETWEEN ? AND ?', first, first + 3);
    known.large = 0;
    this.hasDeleted = true;
  }

  #sortIn(id: string, known: Known): void {
    if (isDone({ status: known.status as 'queued', discarded: known.discarded }))
      this.#done.add(id);
  }

  /** Where a value goes: itself, for the job's row, or `null` where it is in a row of its own. */
  #place(value: Uint8Array | undefined, known: Known, name: Part): Uint8Array | null {
    const key = known.number * 4 + part[name];
    const bit = 1 << part[name];
    if (value !== undefined && value.byteLength > mostInRow) {
      this.#run('INSERT OR REPLACE INTO large (key, bytes) VALUES (?, ?)', key, value);
      known.large |= bit;
      return null;
    }
    if ((known.large & bit) !== 0) {
      this.#run('DELETE FROM large WHERE key = ?', key);
      known.large &= ~bit;
      this.hasDeleted = true;
    }
    return value ?? null;
  }

  #largeParts(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (const row of this.#database.prepare('SELECT key FROM large').iterate()) {
      const key = Number(row.key);
      const number = Math.floor(key / 4);
      found.set(number, (found.get(number) ?? 0) | (1 << (key % 4)));
    }
    return found;
  }

  #value(inRow: unknown, { number, large }: Known, name: Part): Uint8Array | undefined {
    if (inRow !== null) return bytesOf(inRow);
    if ((large & (1 << part[name])) === 0) return undefined;
    const row = this.#statement('SELECT bytes FROM large WHERE key = ?').get(
      number * 4 + part[name],
    );
    return bytesOf(row?.bytes);
  }

  #run(sql: string, ...values: readonly (string | number | Uint8Array | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const fresh = this.#database.prepare(sql);
    this.#statements.set(sql, fresh);
    return fresh;
  }
}

/** Nothing has happened to it. */
const isFresh = (job: JobRow): boolean =>
  job.startedAt === null &&
  job.endedAt === null &&
  job.stopReason === null &&
  job.saved === undefined &&
  job.progress === undefined &&
  job.lastFailure === undefined &&
  job.outcome === undefined;

const bytesOf = (value: unknown): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const textOf = (value: unknown): string =>
  new ArenaReader(bytesOf(value) ?? new Uint8Array(1)).text();
