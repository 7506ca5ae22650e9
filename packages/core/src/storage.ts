// The ports of a storage for snapshots.
export type { CurrentPointer, VersionRef } from './snapshots/current.ts';
export type {
  Examined,
  ExamineOptions,
  ExamineRequest,
  FileFacts,
  FileKind,
  FileLock,
  ListedName,
  ReadableFile,
  RootOptions,
  StorageDirectory,
  WritableFile,
} from './snapshots/directory.ts';
export { directoryStorage } from './snapshots/directory-storage.ts';
export type {
  CommitOptions,
  DraftWorkspace,
  Durability,
  ExaminedEntry,
  Hasher,
  Lease,
  ReuseSource,
  SealedEntry,
  SnapshotStorage,
  StoredFile,
  WriterLock,
} from './snapshots/storage.ts';
