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
export { maxMessageLength, repairMessage, repairPercent } from './jobs/progress-report.ts';
export { cloneSaved, maxSavedBytes } from './jobs/saved-state.ts';
