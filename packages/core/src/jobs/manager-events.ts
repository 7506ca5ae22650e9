import { EventEmitter } from 'eventemitter3';
import { describeUnknown, maxErrorText } from '../foundation/bounded-text.ts';
import { invalidOption } from '../foundation/invalid-option.ts';
import type { JobView, ProgressEvent } from './job-view.ts';
import type { ScheduleEvent } from './schedules.ts';

/** What `manager.on` tells, by event name. Listeners see all owners' jobs: keep them server-side. */
export interface JobManagerEvents {
  readonly started: JobNews;
  readonly progress: JobNews & { readonly event: ProgressEvent };
  /** An attempt failed and another one follows: see `lastFailure` and `availableAt`. */
  readonly retrying: JobNews;
  readonly succeeded: JobNews;
  readonly failed: JobNews;
  readonly canceled: JobNews;
  /** Consumed, or expired. */
  readonly released: { readonly owner: string; readonly id: string; readonly name: string };
  /** A tick of a schedule started a job, or did not. */
  readonly schedule: ScheduleEvent;
  readonly error: ManagerError;
}

export interface JobNews {
  readonly owner: string;
  readonly job: JobView;
}

/**
 * A full error, for the server's log alone: of a job, and of what nobody waits for. Whoever starts a job hears why it is
 * refused, and nobody else.
 */
export interface ManagerError {
  readonly error: unknown;
  /** The same as in the failure that observers see. */
  readonly reference: string;
  /** What the error came from. */
  readonly jobId?: string;
  readonly name?: string;
  readonly owner?: string;
  /** The id of the schedule whose tick could not start its job. */
  readonly schedule?: string;
}

export type JobManagerEventName = keyof JobManagerEvents;
export type JobManagerListener<E extends JobManagerEventName> = (
  event: JobManagerEvents[E],
) => void;

// By name, so that the compiler keeps it complete.
const eventNames: Readonly<Record<JobManagerEventName, true>> = {
  started: true,
  progress: true,
  retrying: true,
  succeeded: true,
  failed: true,
  canceled: true,
  released: true,
  schedule: true,
  error: true,
};

/** Tells listeners. One that throws, or whose promise rejects, is reported and harms nobody. */
export class ManagerEvents {
  readonly #emitter = new EventEmitter();
  readonly #reference: () => string;
  #listeners = 0;

  /** `reference` names errors of listeners. */
  constructor(reference: () => string) {
    this.#reference = reference;
  }

  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void {
    if (typeof event !== 'string' || !Object.hasOwn(eventNames, event)) {
      throw invalidOption('event', `one of ${Object.keys(eventNames).join(', ')}`, event);
    }
    if (typeof listener !== 'function') throw invalidOption('listener', 'a function', listener);
    const guarded = (payload: JobManagerEvents[E]): void => {
      // Who listens to errors and fails at that has nobody to tell.
      this.guard(() => listener(payload), event !== 'error');
    };
    this.#emitter.on(event, guarded);
    this.#listeners += 1;
    let isOn = true;
    return () => {
      if (!isOn) return;
      isOn = false;
      this.#listeners -= 1;
      this.#emitter.off(event, guarded);
    };
  }

  /** Whether the payload is worth making. */
  has(event: JobManagerEventName): boolean {
    return this.#listeners > 0 && this.#emitter.listenerCount(event) > 0;
  }

  emit<E extends JobManagerEventName>(event: E, payload: JobManagerEvents[E]): void {
    const heard = this.#emitter.emit(event, Object.freeze(payload));
    // Observers see a reference and no more, so an error that nobody hears would be lost.
    if (!heard && event === 'error') print(payload as ManagerError);
  }

  /** Calls what is not ours; what it throws, now or later, is reported as an error. */
  guard(call: () => unknown, report = true): void {
    const onError = (error: unknown): void => {
      if (report) this.emit('error', { error, reference: this.#reference() });
    };
    try {
      const returned = call();
      // By its form: it may be a promise of another realm, or a thenable.
      if (typeof returned === 'object' && returned !== null) {
        Promise.resolve(returned).then(undefined, onError);
      }
    } catch (error) {
      onError(error);
    }
  }
}

/** Never throws: an error may do as it likes when it is printed (F1). */
function print(news: ManagerError): void {
  try {
    console.error('Offstage:', isPrintable(news.error) ? news : told(news));
  } catch {
    try {
      console.error('Offstage:', told(news));
    } catch {
      // There is nowhere to print to.
    }
  }
}

const told = (news: ManagerError): ManagerError => ({
  ...news,
  error: describeUnknown(news.error),
});

// Of a long text the console would write all.
function isPrintable(error: unknown): boolean {
  if (typeof error === 'string') return error.length <= maxErrorText;
  if (typeof error !== 'object' || error === null) return true;
  const texts: unknown[] = ['stack', 'message', 'name'].map((key) => Reflect.get(error, key));
  return texts.every(isShort);
}

const isShort = (text: unknown): boolean => typeof text !== 'string' || text.length <= maxErrorText;
