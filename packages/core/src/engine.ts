// What an engine or an executor is built of.
export { sleep } from './foundation/clock.ts';
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
export { maxMessageLength, repairMessage, repairPercent } from './jobs/progress-report.ts';
export { cloneSaved, maxSavedBytes } from './jobs/saved-state.ts';
export { StartKeys } from './jobs/start-keys.ts';
