import type { JobState } from '@offstage/core/engine';

/** How BullMQ is told why a job has not succeeded: what boards show; `undefined` of one that has. */
export function bullReason(state: JobState): string | undefined {
  switch (state.status) {
    case 'succeeded':
      return undefined;
    case 'canceled':
      return 'canceled';
    case 'failed':
      return `${state.failure.code}: ${state.failure.message}`;
    default:
      return `${state.lastFailure?.code}: ${state.lastFailure?.message}`;
  }
}
