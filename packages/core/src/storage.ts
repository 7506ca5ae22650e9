// The ports of a storage for snapshots.
export { type CurrentPointer, type VersionRef } from './snapshots/current.ts';
export { type Examined, type ExamineOptions, type ExamineRequest, type FileFacts, type FileKind, type FileLock, type ListedName, type ReadableFile, type RootOptions, type StorageDirectory, type WritableFile } from './snapshots/directory.ts';
export { directoryStorage } from './snapshots/directory-storage.ts';
export { type CommitOptions, type DraftWorkspace, type ExaminedEntry, type Hasher, type Lease, type ReuseSource, type SealedEntry, type StoredFile, type WriterLock } from './snapshots/storage.ts';
