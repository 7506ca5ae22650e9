import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isDone } from '@offstage/core/engine';
import { Arena, type ArenaReader } from '../shared/arena.ts';
import type { JobColumns, WireEntry } from '../shared/wire.ts';

/** A value up to this many bytes stands in its job's row; such a row is written at each change. */
const mostInRow = 2048;
const part = { input: 0, saved: 1, outcome: 2 } as const;

interface Known {
  readonly number: number;
  status: string;
  discarded: boolean;
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
    for (const row of this.#database.prepare('SELECT * FROM job ORDER BY number').iterate()) {
      const number = Number(row.number);
      const id = textOf(row.id);
      const status = String(row.status);
      const discarded = row.discarded === 1;
      this.#lastNumber = number;
      this.#jobs.set(id, { number, status, discarded });
      if (isDone({ status: status as 'queued', discarded })) {
        ended.push({ id, at: Number(row.ended_at) });
      }
      const add = (value: Uint8Array | undefined): number => (value ? arena.add(value) : 0);
      const columns: JobColumns = [
        add(bytesOf(row.head)),
        add(this.#value(row.input, number, 'input')),
        add(this.#value(row.saved, number, 'saved')),
        add(bytesOf(row.progress)),
        add(bytesOf(row.last_failure)),
        add(this.#value(row.outcome, number, 'outcome')),
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

  apply(entry: WireEntry, values: ArenaReader): void {
    const known = this.#jobs.get(entry[1]);
    // The values of an entry that changes nothing are passed over.
    const number = known?.number ?? -1;
    switch (entry[0]) {
      case 'admitted':
        this.#admit(entry[1], entry[2], values);
        break;
      case 'schedule':
        this.#schedule(entry[1], values.take(entry[2]));
        break;
      case 'started':
        if (known) known.status = 'running';
        this.#run(
          `UPDATE job SET status = 'running', attempt = ?, started_at = ?, available_at = NULL WHERE number = ?`,
          entry[2],
          entry[3],
          number,
        );
        break;
      case 'progress':
        this.#run('UPDATE job SET progress = ? WHERE number = ?', values.take(entry[2]), number);
        break;
      case 'saved':
        this.#run(
          'UPDATE job SET saved = ? WHERE number = ?',
          this.#place(values.take(entry[2]), known, 'saved'),
          number,
        );
        break;
      case 'stopRequested':
        this.#run(
          'UPDATE job SET stop_reason = coalesce(stop_reason, ?) WHERE number = ?',
          entry[2],
          number,
        );
        break;
      case 'retrying':
        if (known) known.status = 'queued';
        this.#run(
          `UPDATE job SET status = 'queued', attempt = ?, available_at = ?, stop_reason = NULL,
             last_failure = coalesce(?, last_failure) WHERE number = ?`,
          entry[2],
          entry[3],
          entry[4] === 0 ? null : values.take(entry[4]),
          number,
        );
        break;
      case 'ended': {
        const outcome = entry[4] === 0 ? nothing : values.take(entry[4]);
        this.#run(
          `UPDATE job SET status = ?, ended_at = ?, available_at = NULL, outcome = ? WHERE number = ?`,
          entry[2],
          entry[3],
          this.#place(outcome, known, 'outcome'),
          number,
        );
        if (known) known.status = entry[2];
        this.#sortIn(entry[1], known);
        break;
      }
      case 'discarded':
        this.#run('UPDATE job SET discarded = 1 WHERE number = ?', number);
        if (known) known.discarded = true;
        this.#sortIn(entry[1], known);
        break;
      case 'released':
        this.#release(entry[1]);
    }
  }

  /** Lets the jobs go that ended first, where more are kept than may be (K8). */
  prune(): void {
    for (const id of this.#done) {
      if (this.#done.size <= this.#maxKept) return;
      this.#release(id);
    }
  }

  #admit(id: string, columns: JobColumns, values: ArenaReader): void {
    const [head, input, saved, progress, lastFailure, outcome, status, ...rest] = columns;
    const discarded = rest[5] === 1;
    const again = this.#jobs.get(id);
    const known: Known = { number: again?.number ?? this.#lastNumber + 1, status, discarded };
    if (again === undefined) this.#lastNumber = known.number;
    else this.#dropLarge(known);
    this.#done.delete(id);
    this.#jobs.set(id, known);
    const take = (bytes: number): Uint8Array | null => (bytes === 0 ? null : values.take(bytes));
    const place = (bytes: number, name: keyof typeof part): Uint8Array | null => {
      const value = take(bytes);
      return value && this.#place(value, known, name, true);
    };
    this.#run(
      `INSERT OR REPLACE INTO job (number, id, head, input, saved, progress, last_failure, outcome, status,
         attempt, available_at, started_at, ended_at, stop_reason, discarded)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      known.number,
      Buffer.from(id, 'utf16le'),
      take(head),
      place(input, 'input'),
      place(saved, 'saved'),
      take(progress),
      take(lastFailure),
      place(outcome, 'outcome'),
      status,
      ...rest,
    );
    this.#sortIn(id, known);
  }

  #schedule(id: string, record: Uint8Array): void {
    const key = Buffer.from(id, 'utf16le');
    if (record.byteLength === 0) this.#run('DELETE FROM schedule WHERE id = ?', key);
    else this.#run('INSERT OR REPLACE INTO schedule (id, record) VALUES (?, ?)', key, record);
  }

  #release(id: string): void {
    const known = this.#jobs.get(id);
    if (known === undefined) return;
    this.#jobs.delete(id);
    this.#done.delete(id);
    this.#run('DELETE FROM job WHERE number = ?', known.number);
    this.#dropLarge(known);
  }

  #dropLarge({ number }: Known): void {
    this.#run('DELETE FROM large WHERE key BETWEEN ? AND ?', number * 4, number * 4 + 3);
  }

  #sortIn(id: string, known: Known | undefined): void {
    if (known === undefined) return;
    if (isDone({ status: known.status as 'queued', discarded: known.discarded }))
      this.#done.add(id);
  }

  /** Where a value goes: itself, for the job's row, or `null` where it is in a row of its own. */
  #place(
    value: Uint8Array,
    known: Known | undefined,
    name: keyof typeof part,
    isFresh = false,
  ): Uint8Array | null {
    if (known === undefined) return null;
    const key = known.number * 4 + part[name];
    if (value.byteLength > mostInRow) {
      this.#run('INSERT OR REPLACE INTO large (key, bytes) VALUES (?, ?)', key, value);
      return null;
    }
    if (!isFresh) this.#run('DELETE FROM large WHERE key = ?', key);
    return value.byteLength === 0 ? null : value;
  }

  #value(inRow: unknown, number: number, name: keyof typeof part): Uint8Array | undefined {
    if (inRow !== null) return bytesOf(inRow);
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

const nothing = new Uint8Array();

const bytesOf = (value: unknown): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function textOf(value: unknown): string {
  const bytes = bytesOf(value) ?? new Uint8Array();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}
