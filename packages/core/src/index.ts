export type { ActivityLease } from './activity-gate.ts';
export { backoffMs, retryAfterMs } from './backoff.ts';
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
export {
  JobCanceledError,
  OffstageError,
  type OffstageErrorCode,
  type OffstageErrorOptions,
  PublicError,
  type StopReason,
} from './errors.ts';
export { InlineExecutor, type InlineExecutorOptions } from './inline-executor.ts';
export type {
  ActivitySnapshot,
  JobClient,
  JobPoll,
  ListFilter,
  PollOptions,
  StartOptions,
  WaitOptions,
} from './job-client.ts';
export {
  type AnyJobDefinition,
  defineJob,
  type InputOf,
  type JobDefinition,
  type ParsedInputOf,
  type PhaseOf,
  type ResultOf,
  type ReturnOf,
} from './job-definition.ts';
export type {
  DiscardOutcome,
  DiscardTask,
  HandlerInfo,
  JobExecutor,
  JobHost,
  JobOutcome,
  JobRun,
  JobTask,
} from './job-executor.ts';
export {
  type HandledJob,
  type HandleOptions,
  type HandlerEnd,
  handle,
  indexHandlers,
  type JobContext,
  type JobHandler,
  type ProgressReport,
  type Report,
  runHandler,
  type Transfer,
  transfer,
} from './job-handler.ts';
export {
  ActivityObserver,
  JobListObserver,
  type JobListObserverOptions,
} from './job-list-observer.ts';
export { JobManager, type ShutdownOptions, type ShutdownReport } from './job-manager.ts';
export type { JobManagerOptions } from './job-manager-options.ts';
export {
  JobObserver,
  type JobObserverOptions,
  type JobObserverPorts,
  type ObserverPorts,
} from './job-observer.ts';
export type { JobActions, JobSnapshot } from './job-snapshot.ts';
export {
  type ActiveJobView,
  type CanceledJobView,
  type FailedJobView,
  isTerminal,
  type JobFailure,
  type JobId,
  type JobStatus,
  type JobView,
  type JobViewOf,
  type ProgressEvent,
  type SucceededJobView,
  type TerminalJobView,
  type TerminalStatus,
} from './job-view.ts';
export type {
  JobJournal,
  JournalEntry,
  JournalHealth,
  KeptJob,
  KeptSchedule,
  KeptState,
} from './jobs/journal.ts';
export {
  journalMisused,
  type KeptValue,
  maxKeptBytes,
  notKeepable,
  tooLarge,
} from './jobs/journal-errors.ts';
export { emptyJournal, isDone, type JournalContent, replay } from './jobs/journal-replay.ts';
export { type Uncloneable, type UncloneableOptions, uncloneable } from './jobs/uncloneable.ts';
export { frameScheduler, microtaskScheduler, type NotifyScheduler } from './listeners.ts';
export type {
  JobManagerEventName,
  JobManagerEvents,
  JobManagerListener,
  JobNews,
  ManagerError,
} from './manager-events.ts';
export {
  type PollFailure,
  type PollReader,
  type PollSeat,
  type PollWish,
  toOffstageError,
} from './poll-loop.ts';
export {
  type JobMember,
  type JobSeat,
  Poller,
  type PollerOptions,
  type ReadOptions,
  sharedPoller,
} from './poller.ts';
export { maxMessageLength, repairMessage, repairPercent } from './progress-report.ts';
export type { CurrentPointer, VersionRef } from './snapshots/current.ts';
export type {
  Examined,
  ExamineOptions,
  ExamineRequest,
  FileFacts,
  FileKind,
  ListedName,
  ReadableFile,
  StorageDirectory,
  WritableFile,
} from './snapshots/directory.ts';
export { directoryStorage } from './snapshots/directory-storage.ts';
export { Draft, type WriteOptions } from './snapshots/draft.ts';
export type { Manifest, ManifestEntry } from './snapshots/manifest.ts';
export type { Cleanup } from './snapshots/recovery.ts';
export type { ScrubReport } from './snapshots/scrub.ts';
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
export {
  type OpenOptions,
  type PruneOptions,
  SnapshotStore,
  type SnapshotStoreOptions,
  type VersionSummary,
  type WriterOptions,
} from './snapshots/store.ts';
export {
  type FileProblem,
  type VerifyMode,
  Version,
  type VersionReport,
} from './snapshots/version.ts';
export type { WatchOptions } from './snapshots/watch.ts';
export type { WriteSource } from './snapshots/write-source.ts';
export type { FinalizeOptions, Published } from './snapshots/writer-session.ts';
export type {
  InferInput,
  InferOutput,
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from './standard-schema.ts';
export {
  type StartActions,
  StartObserver,
  type StartObserverPorts,
  type StartSnapshot,
} from './start-observer.ts';
export type { ValueObserverOptions, ValueSnapshot } from './value-observer.ts';
export { pageVisibility, type Visibility } from './visibility.ts';
export {
  type Encoded,
  encodeActivity,
  encodeJobPoll,
  encodeJobView,
  encodeListResponse,
  encodePollManyRequest,
  encodePollManyResponse,
  encodeProblem,
  encodeStartRequest,
  type WireProblem,
} from './wire.ts';
export {
  decodeActivity,
  decodeJobPoll,
  decodeJobView,
  decodeListResponse,
  decodePollManyRequest,
  decodePollManyResponse,
  decodeProblem,
  decodeStartRequest,
  type WirePoll,
  type WireStartRequest,
} from './wire-decode.ts';
