// What an engine or an executor is built of.
export { sleep } from './foundation/clock.ts';
export { type DiscardOutcome, type DiscardTask, type HandlerInfo, type JobExecutor, type JobHost, type JobOutcome, type JobRun, type JobTask } from './jobs/job-executor.ts';
export { type HandlerEnd, indexHandlers, runHandler } from './jobs/job-handler.ts';
export { maxMessageLength, repairMessage, repairPercent } from './jobs/progress-report.ts';
