export type { ResourceLimits } from './host/host-thread.ts';
export { WorkerExecutor, type WorkerExecutorOptions } from './host/worker-executor.ts';
