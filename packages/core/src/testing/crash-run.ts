import { leaseAgain, type OpenReader, type OpenVersion } from './crash-look.ts';
import type { MemoryOperation, MemoryStorage, MemoryStorageOptions } from './memory-storage.ts';

/** The disk as it is when the machine stops there. */
export interface Cut {
  /** For a person. */
  readonly at: string;
  readonly storage: MemoryStorage;
  /** What other processes have open at that moment. */
  readonly open: readonly OpenVersion[];
  /** After the last operation: the work has ended well. */
  readonly isEnd: boolean;
}

export interface CutRun {
  /** The machine afterwards, with the processes that went on. */
  readonly storage: MemoryStorage;
  /** In order; where nothing had changed since the last one there is none. */
  readonly cuts: readonly Cut[];
  readonly operations: number;
  /** What is wrong with how it went. */
  readonly problems: readonly string[];
}

export interface RunOptions {
  /** Of the worker's disk. */
  readonly options: MemoryStorageOptions;
  /** Whether a name in the root is one that it may change. */
  readonly isOurs: (name: string) => boolean;
}

/**
 * Runs `work` on a copy of the disk, and takes another copy before each of its operations: just what
 * is there when the process ends at that moment.
 */
export async function runCutting(
  disk: MemoryStorage,
  { options, isOurs }: RunOptions,
  readers: readonly OpenReader[],
  work: (storage: MemoryStorage) => Promise<unknown>,
): Promise<CutRun> {
  const machine = disk.afterKill();
  const cuts: Cut[] = [];
  const problems: string[] = [];
  const open: OpenVersion[] = [];
  const openWhere = (isDue: (reader: OpenReader) => boolean): void => {
    for (const reader of readers.filter(isDue)) {
      if (open.includes(reader.version)) continue;
      open.push(reader.version);
      // Taken at once: the promise tells no more.
      void leaseAgain(machine, reader.version);
    }
  };
  let last = '';
  const cut = (at: string, isEnd: boolean): void => {
    const now = `${machine.fingerprint()} ${open.length}`;
    if (now === last && !isEnd) return;
    last = now;
    cuts.push({ at, storage: machine.afterKill(options), open: [...open], isEnd });
  };
  openWhere(({ from }) => from === undefined);
  const worker = machine.another({
    ...options,
    onOperation(operation) {
      openWhere(({ from }) => from?.(operation) ?? false);
      const at = `${operation.index} ${operation.name} ${operation.path}`;
      if (!staysAtHome(operation, isOurs)) problems.push(`it went out of bounds: ${at}`);
      cut(`before operation ${at}`, false);
    },
  });
  try {
    await work(worker);
    const { writerLocks, leases, openFiles } = worker.held();
    if (writerLocks + leases + openFiles > 0) {
      problems.push(`it held on to ${writerLocks} locks, ${leases} leases, ${openFiles} files`);
    }
  } catch (error) {
    problems.push(`it failed: ${error}`);
  }
  cut('after the last operation', true);
  return { storage: machine, cuts, operations: worker.operations, problems };
}

const harmless = new Set(['createRoot', 'list', 'stat', 'openFile', 'lockedShared']);

/** Nothing outside the root is touched, and nothing that the layout does not name is changed (S16). */
function staysAtHome({ name, path }: MemoryOperation, isOurs: RunOptions['isOurs']): boolean {
  if (path === '') return true;
  return path.split(' -> ').every((part) => {
    const names = part.split('/');
    if (names.some((each) => each === '' || each === '.' || each === '..')) return false;
    return harmless.has(name) || isOurs(names[0] ?? '');
  });
}
