export type {
  CrashPlace,
  CrashReader,
  CrashReport,
  CrashScenario,
  CrashViolation,
  ExploreOptions,
} from './crash-scenario.ts';
export { type ExecutorSuiteOptions, executorSuite } from './executor-suite.ts';
export { executorSuiteHandlers } from './executor-suite-handlers.ts';
export { exploreCrashes } from './explore-crashes.ts';
export {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
} from './hostile-options.ts';
export { type HostileValue, hostileValue, hostileValues } from './hostile-values.ts';
export { jobClientSuite } from './job-client-suite.ts';
export {
  jobClientSuiteHandlers,
  suiteFaultyJob,
  suiteFlakyJob,
  suiteJob,
  suiteMalformedJob,
  suiteTimeoutJob,
  suiteUnhandledJob,
} from './job-client-suite-handlers.ts';
export type {
  JobClientEngine,
  JobClientSuiteOptions,
  JobClientSuiteSetup,
} from './job-client-suite-kit.ts';
export {
  exploreJournalCrashes,
  type JournalCrashOptions,
  type JournalCrashReport,
  type JournalWrite,
  journalProblem,
} from './journal-crashes.ts';
export {
  type JournalPlace,
  type JournalSuiteOptions,
  type JournalSuiteSettings,
  journalSuite,
} from './journal-suite.ts';
export {
  type JournalStep,
  type MemoryJournal,
  type MemoryJournalOptions,
  memoryJournal,
} from './memory-journal.ts';
export {
  type Fate,
  type Fates,
  type HeldByProcess,
  type MemoryOperation,
  type MemoryStorage,
  type MemoryStorageOptions,
  type MemorySync,
  memoryStorage,
  type PendingChange,
  type SyncEffect,
} from './memory-storage.ts';
export { type SimulatedClock, settle, simulatedClock } from './simulated-clock.ts';
export {
  type StorageSuiteOptions,
  type StorageUnderTest,
  type SuiteFiles,
  storageSuite,
} from './storage-suite.ts';
export type { SuiteExpectation, SuiteRunner } from './suite-runner.ts';
