import {
  type Encoded,
  encodeJobPoll,
  encodeJobView,
  type JobPoll,
  type JobView,
  OffstageError,
} from '@offstage/core';
import type { ReportError } from './problems.ts';

/**
 * Encodes views and polls so that one job, whose result JSON cannot carry, does not take the answer
 * for all others along. Where such a job is looked at over HTTP it shows as failed, `not_serializable`;
 * in its own process it stays what it is. The error is reported once per view.
 */
export class SafeEncoder {
  readonly #report: ReportError;
  readonly #stand = new WeakMap<JobView, JobView>();

  constructor(report: ReportError) {
    this.#report = report;
  }

  view(view: JobView): Encoded {
    return this.#try(view, encodeJobView);
  }

  poll(poll: JobPoll): Encoded {
    const { job } = poll;
    if (job === undefined) return encodeJobPoll(poll);
    return this.#try(job, (view) => encodeJobPoll({ ...poll, job: view }));
  }

  #try(view: JobView, encode: (view: JobView) => Encoded): Encoded {
    try {
      return encode(this.#stand.get(view) ?? view);
    } catch (error) {
      if (view.status !== 'succeeded' || !OffstageError.isInstance(error)) throw error;
      const stand: JobView = {
        ...view,
        status: 'failed',
        result: undefined,
        failure: {
          code: 'not_serializable',
          message: `The job succeeded, but its result cannot travel as JSON${place(error)}.`,
          reference: this.#report(error),
        },
      };
      this.#stand.set(view, stand);
      return encode(stand);
    }
  }
}

// Only in a form that cannot hold a sentence.
function place({ details }: OffstageError): string {
  const { field } = details;
  return typeof field === 'string' && /^[\w$.[\]]{1,100}$/.test(field) ? ` (at ${field})` : '';
}
