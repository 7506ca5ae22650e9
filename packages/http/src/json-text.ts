import { type JobPoll, type JobView, OffstageError } from '@offstage/core';
import { encodeJobPoll, encodeJobView } from '@offstage/core/wire';
import type { ReportError } from './problems.ts';

/**
 * Views and polls as JSON. Of a thousand jobs that a page polls most have not changed since the last
 * time, and their views are the same objects: their text is made once.
 *
 * One job whose result JSON cannot carry does not take the answer for all others along: over HTTP it
 * shows as failed, `not_serializable`, and in its own process it stays what it is. The error is
 * reported once per view.
 */
export class JsonText {
  readonly #report: ReportError;
  readonly #active = new WeakMap<JobView, string>();
  readonly #stand = new WeakMap<JobView, JobView>();

  constructor(report: ReportError) {
    this.#report = report;
  }

  readonly view = (view: JobView): string => {
    // One that has ended is kept for long, and its result may be large.
    if (view.endedAt !== null) return this.#ended(view);
    const known = this.#active.get(view);
    if (known !== undefined) return known;
    const text = JSON.stringify(encodeJobView(view));
    this.#active.set(view, text);
    return text;
  };

  readonly poll = (poll: JobPoll): string => this.#poll(poll, this.view);

  #poll(poll: JobPoll, viewText: (view: JobView) => string): string {
    const { job, events } = poll;
    if (job === undefined) return JSON.stringify(encodeJobPoll(poll));
    const told = events.length === 0 ? '[]' : JSON.stringify(events);
    const numbers = `"cursor":${poll.cursor},"missed":${poll.missed}`;
    return `{"job":${viewText(job)},"events":${told},${numbers}}`;
  }

  /** As `poll`, for the polls of one answer: the text of a job that is in it twice is made once. */
  polls(polls: readonly JobPoll[]): (poll: JobPoll) => string {
    const seen = new Set<JobView>();
    const repeated = new Set<JobView>();
    for (const { job } of polls) {
      if (job !== undefined && seen.has(job)) repeated.add(job);
      else if (job !== undefined) seen.add(job);
    }
    if (repeated.size === 0) return this.poll;
    const texts = new Map<JobView, string>();
    return (poll) =>
      this.#poll(poll, (view) => {
        const known = texts.get(view);
        if (known !== undefined) return known;
        const text = this.view(view);
        if (repeated.has(view)) texts.set(view, text);
        return text;
      });
  }

  #ended(view: JobView): string {
    try {
      return JSON.stringify(encodeJobView(this.#stand.get(view) ?? view));
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
      return JSON.stringify(encodeJobView(stand));
    }
  }
}

// Only in a form that cannot hold a sentence.
function place({ details }: OffstageError): string {
  const { field } = details;
  return typeof field === 'string' && /^[\w$.[\]]{1,100}$/.test(field) ? ` (at ${field})` : '';
}
