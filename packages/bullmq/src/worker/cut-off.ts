import { OffstageError } from '@offstage/core';

/** The executor has ended it as it was shut down, or would not begin with it: it says nothing of the job. */
export const isCutOff = (error: unknown): boolean =>
  OffstageError.isInstance(error) &&
  (error.code === 'executor_failed' ||
    (error.code === 'worker_crashed' && error.details.reason === 'shutdown'));
