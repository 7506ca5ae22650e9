import type { JobFailure } from './job-view.ts';

/** Why a job failed that was kept, or was to be. Says nothing of the application. */
const messages = {
  invalid_input: 'The input that was kept is none that the job takes any more.',
  too_large: 'The result is larger than what is kept of one.',
  not_serializable: 'The result cannot be kept.',
} as const;

export const keptFailure = (code: keyof typeof messages, reference: string): JobFailure =>
  Object.freeze({ code, message: messages[code], reference });
