import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { formatOf, indexFormat } from './index-format.ts';

/** A passage as it was written. */
export interface PassageText {
  readonly heading: string;
  readonly text: string;
}

/** Many at once pack better; one is read with its block. */
const perBlock = 32;

/** Writes passages in packed blocks: texts take half of their room, and are read for shown hits alone. */
export class PassageTextWriter {
  readonly #add: StatementSync;

  constructor(database: DatabaseSync) {
    this.#add = database.prepare('INSERT INTO passage_blocks (id, file, texts) VALUES (?, ?, ?)');
  }

  /** Adds the passages of one file, numbered from `first` on. */
  add(first: number, file: number | bigint, passages: readonly PassageText[]): void {
    for (let at = 0; at < passages.length; at += perBlock) {
      const block = passages.slice(at, at + perBlock).map(({ heading, text }) => [heading, text]);
      this.#add.run(first + at, file, deflateRawSync(JSON.stringify(block), { level: 1 }));
    }
  }
}

/** Reads passages by their numbers, of either format. */
export class PassageTexts {
  readonly #statement: StatementSync;
  readonly #isPacked: boolean;
  #block: { readonly first: number; readonly passages: readonly PassageText[] } | undefined;

  constructor(database: DatabaseSync) {
    this.#isPacked = formatOf(database) >= indexFormat;
    this.#statement = database.prepare(
      this.#isPacked
        ? 'SELECT id, texts FROM passage_blocks WHERE id <= ? ORDER BY id DESC LIMIT 1'
        : 'SELECT heading, text FROM passages WHERE rowid = ?',
    );
  }

  /** `undefined` where there is no such passage. */
  read(passage: number): PassageText | undefined {
    if (!this.#isPacked) {
      const row = this.#statement.get(passage);
      return row && { heading: String(row.heading), text: String(row.text) };
    }
    const inBlock = (): PassageText | undefined =>
      this.#block?.passages[passage - this.#block.first];
    const known = inBlock();
    if (known !== undefined) return known;
    const row = this.#statement.get(passage);
    if (row === undefined || !(row.texts instanceof Uint8Array)) return undefined;
    const texts: [string, string][] = JSON.parse(inflateRawSync(row.texts).toString());
    this.#block = {
      first: Number(row.id),
      passages: texts.map(([heading, text]) => ({ heading, text })),
    };
    return inBlock();
  }
}
