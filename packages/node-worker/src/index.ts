export {
  type Closable,
  type CloseOnExitOptions,
  closeOnExit,
  type StopClosing,
} from './host/close-on-exit.ts';
export type { ResourceLimits } from './host/host-thread.ts';
export { WorkerExecutor, type WorkerExecutorOptions } from './host/worker-executor.ts';
