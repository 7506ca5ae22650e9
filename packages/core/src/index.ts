export { boundedText, maxErrorText, textOf } from './foundation/bounded-text.ts';
export { type Clock, systemClock, type Timer } from './foundation/clock.ts';
export {
  JobCanceledError,
  NonRetriableError,
  OffstageError,
  type OffstageErrorCode,
  type OffstageErrorOptions,
  PublicError,
  RetryAfterError,
  type StopReason,
} from './foundation/errors.ts';
export { checkSchema, type SchemaCheck } from './foundation/schema-check.ts';
export type {
  InferInput,
  InferOutput,
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from './foundation/standard-schema.ts';
export type { ActivityLease } from './jobs/activity-gate.ts';
export { invalidInput } from './jobs/admission-errors.ts';
export { InlineExecutor, type InlineExecutorOptions } from './jobs/inline-executor.ts';
export type {
  Activity,
  ChangeKind,
  DefinedBy,
  JobClient,
  JobPoll,
  ListFilter,
  PollOptions,
  StartOptions,
  WaitOptions,
} from './jobs/job-client.ts';
export {
  type AnyJobDefinition,
  defineJob,
  type InputOf,
  type JobDefinition,
  type ParsedInputOf,
  type PhaseOf,
  type ResultOf,
  type ReturnOf,
} from './jobs/job-definition.ts';
export {
  type HandledJob,
  type HandleOptions,
  handle,
  type JobContext,
  type JobHandler,
  type ProgressReport,
  type Report,
  type Transfer,
  transfer,
} from './jobs/job-handler.ts';
export {
  JobManager,
  type ManagerHealth,
  type ShutdownOptions,
  type ShutdownReport,
} from './jobs/job-manager.ts';
export type { JobManagerOptions } from './jobs/job-manager-options.ts';
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
} from './jobs/job-view.ts';
export type { JobJournal, JournalHealth } from './jobs/journal.ts';
export type { JobLimit, JobLimits } from './jobs/limits.ts';
export { filterKey, listPageOf, noSuchPage, overviewOf } from './jobs/list-page.ts';
export type {
  JobManagerEventName,
  JobManagerEvents,
  JobManagerListener,
  JobNews,
  ManagerError,
} from './jobs/manager-events.ts';
export type { RetryOptions } from './jobs/retry-policy.ts';
export type { ScheduleOptions } from './jobs/schedule-options.ts';
export type { ScheduleEvent, Schedules, ScheduleView } from './jobs/schedules.ts';
export { Draft, type WriteOptions } from './snapshots/draft.ts';
export type { Manifest, ManifestEntry } from './snapshots/manifest.ts';
export type { Cleanup } from './snapshots/recovery.ts';
export type { RepairOptions, RepairProposal, RepairResult } from './snapshots/repair.ts';
export type { ScrubReport } from './snapshots/scrub.ts';
export type { Durability, SnapshotStorage } from './snapshots/storage.ts';
export {
  SnapshotStore,
  type SnapshotStoreOptions,
  type VersionSummary,
} from './snapshots/store.ts';
export type {
  LeaseOptions,
  OpenOptions,
  PruneOptions,
  WriterOptions,
} from './snapshots/store-options.ts';
export {
  type FileProblem,
  type VerifyMode,
  Version,
  type VersionReport,
} from './snapshots/version.ts';
export type { WatchOptions } from './snapshots/watch.ts';
export type { WriteSource } from './snapshots/write-source.ts';
export type { FinalizeOptions, Published } from './snapshots/writer-session.ts';
