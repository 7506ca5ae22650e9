// What an engine or an executor is built of.
export { sleep } from './foundation/clock.ts';
export {
  invalidOption,
  listOf,
  reading,
  requireClock,
  requireDuration,
  requireOptions,
  requireSignal,
} from './foundation/invalid-option.ts';
export { randomId } from './foundation/random-id.ts';
export {
  admissionPaused,
  invalidResult,
  keyConflict,
  maintenanceConflict,
  managerClosed,
  notRetriable,
  queueFull,
  unknownDefinition,
} from './jobs/admission-errors.ts';
export { describeFailure, timeoutFailure } from './jobs/failure.ts';
export { repairCursor } from './jobs/job.ts';
export { readDefinition, requireDefinition } from './jobs/job-definition.ts';
export type {
  DiscardOutcome,
  DiscardTask,
  HandlerInfo,
  JobExecutor,
  JobHost,
  JobOutcome,
  JobRun,
  JobTask,
  ReportedProgress,
} from './jobs/job-executor.ts';
export { type HandlerEnd, indexHandlers, runHandler } from './jobs/job-handler.ts';
export {
  type JobAction,
  type JobEvent,
  type JobState,
  newJobState,
  type Transition,
  transition,
} from './jobs/job-state.ts';
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
export { keptFailure } from './jobs/kept-failures.ts';
export { readLimits } from './jobs/limits.ts';
export { ManagerEvents } from './jobs/manager-events.ts';
export { beforeLife } from './jobs/progress-lives.ts';
export { maxMessageLength, repairMessage, repairPercent } from './jobs/progress-report.ts';
export { ProgressRing, type RingRead } from './jobs/progress-ring.ts';
export { retryDelayMs } from './jobs/retry-policy.ts';
export { keptJobState } from './jobs/revive-jobs.ts';
export { cloneSaved, maxSavedBytes } from './jobs/saved-state.ts';
export {
  nextSchedule,
  readSchedule,
  readScheduleId,
  type ScheduleRecord,
  scheduleOptionsOf,
} from './jobs/schedule-options.ts';
export { isMissed, readTicks, type ScheduleTicks, type Tick } from './jobs/schedule-ticks.ts';
export { fingerprint, keyReused, StartKeys } from './jobs/start-keys.ts';
export {
  readStartOptions,
  type StartPlan,
  startedHow,
  startOptionsOf,
} from './jobs/start-options.ts';
export {
  type ObjectTypes,
  type Uncloneable,
  type UncloneableOptions,
  uncloneable,
} from './jobs/uncloneable.ts';
