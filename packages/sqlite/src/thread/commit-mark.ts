import { randomFillSync } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/*
 * Each commit leaves a mark that names the one before it, in the only row of its table. So a log shows where it goes on,
 * and SQLite, which plays whatever log lies beside a file, is not let near one that goes on elsewhere.
 *
 *   file:  own c7                     c7 is where the file stands, or one in the log, as far as it was written back
 *   log:   c8 after c7, c9 after c8
 */

const markBytes = 16;

/** A mark as text, to be compared. */
export type MarkName = string;

export interface Mark {
  readonly own: MarkName;
  readonly before: MarkName;
}

export const makeMarks = (database: DatabaseSync): void =>
  database.exec(`
    CREATE TABLE IF NOT EXISTS mark (
      id INTEGER PRIMARY KEY, own BLOB NOT NULL, before BLOB NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO mark (id, own, before)
    VALUES (1, randomblob(${markBytes}), zeroblob(${markBytes}));
  `);

/** Nothing was committed since the file was made. */
export const isFirst = ({ before }: Mark): boolean => /^0*$/.test(before);

/** @throws what SQLite does of a file that has none. */
export function readMark(database: DatabaseSync): Mark | undefined {
  const row = database.prepare('SELECT own, before FROM mark').get();
  return row?.own instanceof Uint8Array && row.before instanceof Uint8Array
    ? { own: nameOf(row.own), before: nameOf(row.before) }
    : undefined;
}

// Of the row's cell: its length, its number, the length of its header, and of each column what it is.
const cellStart = Buffer.from([4 + 2 * markBytes, 1, 4, 0, 12 + 2 * markBytes, 12 + 2 * markBytes]);

/** The mark in a page of the table, as a log has it; nothing of another page. */
export function markOfPage(page: Buffer): Mark | undefined {
  const isLeafOfOne = page[0] === 0x0d && page.readUInt16BE(3) === 1;
  const at = page.readUInt16BE(8);
  const own = at + cellStart.length;
  if (!isLeafOfOne || own + 2 * markBytes > page.length) return undefined;
  if (!page.subarray(at, own).equals(cellStart)) return undefined;
  return {
    own: nameOf(page.subarray(own, own + markBytes)),
    before: nameOf(page.subarray(own + markBytes, own + 2 * markBytes)),
  };
}

const nameOf = (bytes: Uint8Array): MarkName => Buffer.from(bytes).toString('hex');

/** Marks the commits of one opening. */
export class CommitMarks {
  readonly #update: StatementSync;
  #last: Buffer;
  #next: Buffer;
  #count = 0;

  /** @param last The newest one. */
  constructor(database: DatabaseSync, last: Mark) {
    this.#update = database.prepare('UPDATE mark SET own = ?, before = ? WHERE id = 1');
    this.#last = Buffer.from(last.own, 'hex');
    this.#next = randomFillSync(Buffer.alloc(markBytes));
  }

  /** Of the newest commit. */
  get newest(): MarkName {
    return nameOf(this.#last);
  }

  /** Within the transaction, before its commit. */
  write(): void {
    this.#count += 1;
    this.#next.writeUIntBE(this.#count, markBytes - 6, 6);
    this.#update.run(this.#next, this.#last);
  }

  /** After it. */
  written(): void {
    const last = this.#last;
    this.#last = this.#next;
    this.#next = last;
    this.#last.copy(this.#next);
  }
}
