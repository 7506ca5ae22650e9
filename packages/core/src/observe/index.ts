// What watches a job: observers and the poll they share. For an adapter of a framework, or a page without one.
export { backoffMs, retryAfterMs } from '../foundation/backoff.ts';
export {
  frameScheduler,
  microtaskScheduler,
  type NotifyScheduler,
} from '../foundation/listeners.ts';
export {
  ActivityObserver,
  JobListObserver,
  type JobListObserverOptions,
} from './job-list-observer.ts';
export {
  JobObserver,
  type JobObserverOptions,
  type JobObserverPorts,
  type ObserverPorts,
} from './job-observer.ts';
export type { JobActions, JobObserverState } from './job-observer-state.ts';
export {
  type PollFailure,
  type PollReader,
  type PollSubscription,
  type PollTiming,
  toOffstageError,
} from './poll-loop.ts';
export {
  type JobMember,
  type JobSubscription,
  Poller,
  type PollerOptions,
  type ReadOptions,
  sharedPoller,
} from './poller.ts';
export {
  type StartActions,
  StartObserver,
  type StartObserverPorts,
  type StartObserverState,
} from './start-observer.ts';
export type { ValueObserverOptions, ValueObserverState } from './value-observer.ts';
export { pageVisibility, type Visibility } from './visibility.ts';
