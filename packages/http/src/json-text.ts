import { type JobPoll, type JobView, OffstageError } from '@offstage/core';
import { encodeJobPoll, encodeJobView } from '@offstage/core/wire';
import type { ReportError } from './problems.ts';
import { longLength, partsOf, type SharedText, type Text } from './text.ts';

// What V8 makes of a text at most is a little over this: the rest of an answer stands around it.
const longestView = 2 ** 29 - 2 ** 20;

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
  readonly #maxLength: number;
  readonly #active = new WeakMap<JobView, string>();
  readonly #stand = new WeakMap<JobView, JobView>();
  /** Of jobs that have ended, as long as an answer with them is being read. */
  readonly #shared = new WeakMap<JobView, WeakRef<SharedText>>();

  /** `maxLength` is that of the text of one job. */
  constructor(report: ReportError, maxLength = longestView) {
    this.#report = report;
    this.#maxLength = maxLength;
  }

  readonly view = (view: JobView): Text => {
    // One that has ended is kept for long, and its result may be large.
    if (view.endedAt !== null) return this.#ended(view);
    const known = this.#active.get(view);
    if (known !== undefined) return known;
    const text = JSON.stringify(encodeJobView(view));
    this.#active.set(view, text);
    return text;
  };

  readonly poll = (poll: JobPoll): Text => this.#poll(poll, this.view);

  #poll(poll: JobPoll, viewText: (view: JobView) => Text): Text {
    const { job, events } = poll;
    if (job === undefined) return JSON.stringify(encodeJobPoll(poll));
    const told = events.length === 0 ? '[]' : JSON.stringify(events);
    const numbers = `"cursor":${poll.cursor},"missed":${poll.missed}`;
    return around('{"job":', viewText(job), `,"events":${told},${numbers}}`);
  }

  /** As `poll`, for the polls of one answer: the text of a job that is in it twice is made once. */
  polls(polls: readonly JobPoll[]): (poll: JobPoll) => Text {
    const seen = new Set<JobView>();
    const repeated = new Set<JobView>();
    for (const { job } of polls) {
      if (job !== undefined && seen.has(job)) repeated.add(job);
      else if (job !== undefined) seen.add(job);
    }
    if (repeated.size === 0) return this.poll;
    const texts = new Map<JobView, Text>();
    return (poll) =>
      this.#poll(poll, (view) => {
        const known = texts.get(view);
        if (known !== undefined) return known;
        const text = this.view(view);
        if (repeated.has(view)) texts.set(view, text);
        return text;
      });
  }

  #ended(view: JobView): Text {
    const known = this.#shared.get(view)?.deref();
    if (known !== undefined) return [known];
    const text = this.#endedText(view);
    if (text.length < longLength) return text;
    const shared: SharedText = { text };
    this.#shared.set(view, new WeakRef(shared));
    return [shared];
  }

  #endedText(view: JobView): string {
    try {
      const text = JSON.stringify(encodeJobView(this.#stand.get(view) ?? view));
      if (text.length <= this.#maxLength) return text;
      throw new RangeError('The text of the job is longer than an answer can be.');
    } catch (error) {
      // Whatever the result threw as it was made into text, or that there is no text of that length.
      if (view.status !== 'succeeded') throw error;
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

/** Text around another one, which is not copied where it is long. */
export const around = (before: string, text: Text, after: string): Text =>
  typeof text === 'string' ? before + text + after : [before, ...partsOf(text), after];

// Only in a form that cannot hold a sentence.
function place(error: unknown): string {
  const field = OffstageError.isInstance(error) ? error.details.field : undefined;
  return typeof field === 'string' && /^[\w$.[\]]{1,100}$/.test(field) ? ` (at ${field})` : '';
}
