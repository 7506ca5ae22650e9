import type { BigIntStats } from 'node:fs';
import type { FileFacts } from '@offstage/core/storage';
import { kindOf, stampOf } from './posix.ts';

/** What is known of many files, in columns, as it goes from one thread to another. */
export interface FactsColumns {
  /** 0 for what is not there, 1 for what cannot be opened as a file, else a kind. */
  readonly kinds: Uint8Array;
  readonly bytes: Float64Array;
  readonly links: Float64Array;
  readonly stamps: readonly string[];
}

const kinds = ['missing', 'unsafe', 'file', 'directory', 'symlink', 'special'] as const;

/** Fills such columns. */
export class FactsTable {
  readonly columns: FactsColumns;
  readonly #stamps: string[];

  constructor(count: number) {
    this.#stamps = new Array<string>(count).fill('');
    this.columns = {
      kinds: new Uint8Array(count),
      bytes: new Float64Array(count),
      links: new Float64Array(count),
      stamps: this.#stamps,
    };
  }

  set(index: number, stats: BigIntStats): FileFacts['kind'] {
    const kind = kindOf(stats);
    this.columns.kinds[index] = kinds.indexOf(kind);
    this.columns.bytes[index] = Number(stats.size);
    this.columns.links[index] = Number(stats.nlink);
    this.#stamps[index] = stampOf(stats);
    return kind;
  }

  setUnsafe(index: number): void {
    this.columns.kinds[index] = kinds.indexOf('unsafe');
  }

  bytes(index: number): number {
    return this.columns.bytes[index] ?? 0;
  }
}

/** One row. */
export function factsAt(columns: FactsColumns, index: number): FileFacts | 'missing' | 'unsafe' {
  const kind = kinds[columns.kinds[index] ?? 0] ?? 'missing';
  if (kind === 'missing' || kind === 'unsafe') return kind;
  return {
    kind,
    bytes: columns.bytes[index] ?? 0,
    links: columns.links[index] ?? 0,
    stamp: columns.stamps[index] ?? '',
  };
}
