import { journalFailed } from '../shared/journal-error.ts';

export type Sqlite = typeof import('node:sqlite');

/**
 * Node's own SQLite. It is asked for at run time: an import would keep a process from starting where
 * there is none, and bundlers make other names of it. Node.js 22 warns that it is experimental; this
 * thread is the journal's own, so its warning of that is left out, and no other.
 *
 * @throws OffstageError `journal_failed`.
 */
export function loadSqlite(path: string): Sqlite {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (/^SQLite is an experimental feature/.test(String(warning))) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    const sqlite = process.getBuiltinModule?.('node:sqlite');
    if (sqlite === undefined) throw journalFailed(path, 'no_sqlite');
    return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
}
