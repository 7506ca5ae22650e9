export {
  type Closable,
  type CloseOnExitOptions,
  closeOnExit,
  type StopClosing,
} from './host/close-on-exit.ts';
export type { ResourceLimits } from './host/host-thread.ts';
export { type SharedManagerOptions, sharedManager } from './host/shared-manager.ts';
export { WorkerExecutor } from './host/worker-executor.ts';
export type { WorkerExecutorOptions } from './host/worker-executor-options.ts';
