import type { StorageDirectory } from '../snapshots/directory.ts';
import type { SnapshotStorage } from '../snapshots/storage.ts';
import type { Fates, PendingChange } from './memory-disk.ts';
import type { SuiteFiles } from './suite-files.ts';

/** One primitive, about to happen. */
export interface MemoryOperation {
  /** 0, 1, 2 … per storage object. */
  readonly index: number;
  readonly name: string;
  /** Relative to the root; of a rename `from -> to`. */
  readonly path: string;
}

export interface MemoryStorageOptions {
  /** @default 'memory' */
  readonly label?: string | undefined;
  /** Called before each operation. What it throws is what the operation fails with. */
  readonly onOperation?: ((operation: MemoryOperation, storage: MemoryStorage) => void) | undefined;
  /** Whether files can have a second name, as on most file systems. @default true */
  readonly hardLinks?: boolean | undefined;
  /** Whether files can share blocks, as on Btrfs and XFS. @default false */
  readonly reflinks?: boolean | undefined;
  /**
   * From how many files on a draft is synced whole, in one call, as on Linux. @default Infinity
   */
  readonly syncTreeFrom?: number | undefined;
  /**
   * How much fits on the disk, in bytes; each name takes 32 beside its file's content. What does not
   * fit is refused with `storage_full`. @default Infinity
   */
  readonly capacityBytes?: number | undefined;
  /** Whether it is told at once that names in the root changed. @default true */
  readonly changeHints?: boolean | undefined;
  /**
   * What a sync that reports success has done: made durable what it should, nothing (a disk that
   * lies), or that only later. @default 'durable'
   */
  readonly syncs?: ((sync: MemorySync) => SyncEffect) | undefined;
  /** Puts something between the protocol and the disk: faults of its own, or another order. */
  readonly wrap?: ((directory: StorageDirectory) => StorageDirectory) | undefined;
}

export interface MemorySync {
  readonly name: 'syncFile' | 'syncDirectory' | 'syncTree';
  readonly path: string;
  /** Which sync of that path it is: 0, 1, 2 … per storage object. */
  readonly nth: number;
}

/** What a process has that goes with it. */
export interface HeldByProcess {
  /** 1 while it writes. */
  readonly writerLocks: number;
  /** One for each version that it has open. */
  readonly leases: number;
  readonly openFiles: number;
}

/** `until`: it takes effect after the first operation for which that returns true. */
export type SyncEffect =
  | 'durable'
  | 'ignored'
  | { readonly until: (operation: MemoryOperation) => boolean };

/**
 * Snapshots in memory, on a simulated disk that loses what was not fsynced: the real protocol, and
 * crashes at will. What the disk loses, and what not, stands in the header of `memory-disk.ts`.
 *
 * @example
 * const storage = memoryStorage();
 * const store = new SnapshotStore({ storage, metadata });
 * // … publish, then pull the plug:
 * const after = new SnapshotStore({ storage: storage.afterPowerLoss('lost'), metadata });
 */
export interface MemoryStorage extends SnapshotStorage {
  /** How many operations were begun. */
  readonly operations: number;
  /** How much is on the disk, in bytes, as `capacityBytes` counts it. */
  readonly usedBytes: number;
  readonly files: SuiteFiles;
  /** From now on each operation fails, as in a process that has ended. Its lock and leases go. */
  stop(): void;
  held(): HeldByProcess;
  /** The same disk as another process sees it, while this one goes on. */
  another(options?: MemoryStorageOptions): MemoryStorage;
  /**
   * A copy of the disk as the next process finds it when all others are killed: nothing is lost, and
   * what was not synced still may be.
   */
  afterKill(options?: MemoryStorageOptions): MemoryStorage;
  /** What a loss of power now would decide about. */
  pending(): readonly PendingChange[];
  /**
   * A copy of the disk as it is found after a loss of power: of each un-synced change by itself it is
   * decided what becomes of it. @default 'lost'
   */
  afterPowerLoss(fates?: Fates, options?: MemoryStorageOptions): MemoryStorage;
  /**
   * The same for two disks exactly when nothing can tell them apart, now or after a loss of power,
   * apart from the stamps of their files.
   */
  fingerprint(): string;
}
