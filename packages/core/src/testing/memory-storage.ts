import { directoryStorage } from '../snapshots/directory-storage.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { afterPowerLoss, copyDisk, type DirectoryNode, pendingChanges } from './memory-disk.ts';
import { filesOf } from './memory-files.ts';
import { fingerprint } from './memory-fingerprint.ts';
import { type Machine, newMachine } from './memory-machine.ts';
import type { MemoryStorage, MemoryStorageOptions } from './memory-storage-types.ts';

export type { Fate, Fates, PendingChange } from './memory-disk.ts';

export type {
  HeldByProcess,
  MemoryOperation,
  MemoryStorage,
  MemoryStorageOptions,
  MemorySync,
  SyncEffect,
} from './memory-storage-types.ts';

export const memoryStorage = (options: MemoryStorageOptions = {}): MemoryStorage =>
  storageOn(newMachine(undefined), options);

function storageOn(machine: Machine, options: MemoryStorageOptions): MemoryStorage {
  const directory = new MemoryDirectory(machine, options, (operation) =>
    options.onOperation?.(operation, storage),
  );
  const on = (root: DirectoryNode | undefined, next: MemoryStorageOptions): MemoryStorage =>
    storageOn(newMachine(root), next);
  const storage: MemoryStorage = {
    ...directoryStorage(options.wrap?.(directory) ?? directory),
    get operations() {
      return directory.operations;
    },
    get usedBytes() {
      return directory.usedBytes;
    },
    files: filesOf(machine),
    stop: () => directory.stop(),
    held: () => directory.held(),
    another: (next = {}) => storageOn(machine, next),
    afterKill: (next = {}) => on(machine.root && copyDisk(machine.root), next),
    pending: () => (machine.root === undefined ? [] : pendingChanges(machine.root)),
    afterPowerLoss: (fates = 'lost', next = {}) =>
      on(machine.root && afterPowerLoss(machine.root, fates), next),
    fingerprint: () => fingerprint(machine.root),
  };
  return storage;
}
