import { type Api, ApiError, type Busy } from '../api.ts';
import { Store } from './store.ts';

/** What a change is to do; one with nothing in it indexes everything again. */
export interface ChangeInput {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Documents that could not be read. */
  readonly retry: readonly string[];
}

/**
 * - `idle`: nothing is asked for.
 * - `starting`: the server is being asked.
 * - `waiting`: another change is at work; this one starts by itself when that has ended.
 * - `checking`: no answer came to the start, so it may have begun; the next look at the server tells.
 * - `refused`: it could not be started; `error` says why.
 * - `started`: it is the job `jobId`, which the page has not been told of yet.
 */
export interface PendingState extends ChangeInput {
  readonly status: 'idle' | 'starting' | 'waiting' | 'checking' | 'refused' | 'started';
  readonly error: ApiError | undefined;
  readonly jobId: string | undefined;
}

export const pendingTitles: Readonly<Record<Exclude<PendingState['status'], 'idle'>, string>> = {
  starting: 'Starting',
  waiting: 'Waiting for its turn',
  checking: 'Starting',
  refused: 'The change could not start',
  started: 'Starting',
};

export const checkingText = 'No answer came. Looking whether it has begun.';

export type StartChange = (
  input: { add: string[]; remove: string[]; retry: string[] },
  options: { exclusivityKey: string },
) => Promise<{ readonly id: string }>;

/** Admits one change of the corpus at a time, whoever asks for it (D5). */
export const corpusKey = 'corpus';

const retryMs = 500;
// A look that was under way when a change began may not know of it.
const lookMs = 2000;

const nothing: ChangeInput = { add: [], remove: [], retry: [] };

const idle: PendingState = {
  ...{ status: 'idle', ...nothing },
  ...{ error: undefined, jobId: undefined },
};

/** A change that a person has asked for, until the server has taken it on as a job. */
export class PendingChange extends Store<PendingState> {
  readonly #api: Api;
  readonly #onTried: () => void;
  #start: StartChange | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** What the last start named. */
  #tried = nothing;
  /** The job that was started last, until it has ended: what it does is not asked for once more. */
  #underWay: (ChangeInput & { readonly jobId: string }) | undefined;
  #taken: { readonly jobId: string; readonly add: readonly string[] } = { jobId: '', add: [] };
  readonly #known = new Set<string>();
  /** The first job that showed since the last start and was not known before. */
  #shownSince: string | undefined;

  constructor(api: Api, onTried: () => void) {
    super(idle);
    this.#api = api;
    this.#onTried = onTried;
  }

  /** The uploads that the last change was started with, unless it has given them back. */
  get taken(): readonly string[] {
    return this.#taken.add;
  }

  /** Gives it the way to start jobs: that of the page's framework. */
  readonly connect = (start: StartChange): void => {
    this.#start = start;
  };

  /** Asks for a change. One that waits already is joined; what is under way already is not begun twice. */
  readonly ask = (asked: Partial<ChangeInput>): void => {
    const wanted = { ...nothing, ...asked };
    const { status, ...waiting } = this.get().status === 'started' ? idle : this.get();
    if (this.#isUnderWay(wanted, status)) return;
    const { add, remove, retry } = without(wanted, this.#underWay ?? nothing);
    this.set({
      ...idle,
      status: status === 'idle' ? 'waiting' : status,
      add: [...new Set([...waiting.add, ...add])],
      remove: [...new Set([...waiting.remove, ...remove])],
      retry: [...new Set([...waiting.retry, ...retry])],
    });
    if (status !== 'starting' && status !== 'checking') void this.tryNow();
  };

  /** Called with each look at the server: what is at work there, if anything. */
  readonly onLook = (busy: Busy | null): void => {
    if (busy?.jobId != null && this.#isUnsure() && this.#mayBeOurs(busy.jobId)) {
      this.#onStarted(busy.jobId);
    } else if (this.get().status === 'checking') {
      this.patch({ status: busy === null ? 'refused' : 'waiting' });
    }
    if (busy !== null) return;
    const since = performance.now() - this.#triedAt;
    if (since > lookMs) this.#underWay = undefined;
    if (this.get().status === 'started') this.set(idle);
    if (this.get().status === 'waiting' && since > retryMs) void this.tryNow();
  };

  /** Called for each job that the page shows by now. */
  readonly onShown = (jobId: string): void => {
    if (!this.#known.has(jobId)) this.#shownSince ??= jobId;
    this.#known.add(jobId);
    // A start whose answer was lost has begun all the same.
    if (this.#isUnsure() && this.#shownSince === jobId) this.#onStarted(jobId);
    if (this.get().jobId === jobId) this.set(idle);
  };

  /** Called for the end of a job. */
  readonly onEnded = (jobId: string, isPublished = true): void => {
    this.onShown(jobId);
    if (this.#taken.jobId === jobId && !isPublished) this.#taken = { jobId, add: [] };
    if (this.#underWay?.jobId === jobId) this.#underWay = undefined;
  };

  readonly tryNow = async (): Promise<void> => {
    const { status, add, remove, retry } = this.get();
    if (this.#start === undefined || (status !== 'waiting' && status !== 'refused')) return;
    this.patch({ status: 'starting', error: undefined });
    this.#triedAt = performance.now();
    this.#tried = { add, remove, retry };
    this.#shownSince = undefined;
    try {
      const { id: jobId } = await this.#start(
        { add: [...add], remove: [...remove], retry: [...retry] },
        { exclusivityKey: corpusKey },
      );
      this.#onStarted(jobId);
    } catch (error) {
      const known = codedError(error);
      if (known.code === 'conflict') this.patch({ status: 'waiting' });
      else if (known.code === unanswered) this.#onUnanswered(known);
      else this.patch({ status: 'refused', error: known });
    }
    this.#onTried();
  };

  /** Asks for it no more, and has the server throw away what was to be added. */
  readonly drop = (): void => {
    const { add } = this.get();
    this.set(idle);
    for (const upload of add) this.#api.dropUpload(upload).catch(() => undefined);
  };

  #onUnanswered(error: ApiError): void {
    this.patch({ status: 'checking', error });
    // Its job may have shown before the answer failed to come.
    if (this.#shownSince !== undefined) this.onShown(this.#shownSince);
  }

  #mayBeOurs(jobId: string): boolean {
    return jobId === this.#shownSince || !this.#known.has(jobId);
  }

  #onStarted(jobId: string): void {
    const tried = this.#tried;
    // What was asked for meanwhile comes next.
    const rest = without(this.get(), tried);
    this.#underWay = { ...tried, jobId };
    this.#taken = { jobId, add: tried.add };
    // Shown until the job is, so that the page does not jump in between.
    this.set({ ...idle, ...tried, status: 'started', jobId });
    if (!isEmpty(rest)) this.ask(rest);
  }

  /** Whether a start may have begun a job of which nobody has told. */
  #isUnsure(): boolean {
    const { status, error } = this.get();
    return status === 'checking' || (status === 'refused' && error?.code === unanswered);
  }

  #isUnderWay(wanted: ChangeInput, status: PendingState['status']): boolean {
    const underWay = this.#underWay;
    if (isEmpty(wanted)) {
      return status !== 'idle' || (underWay !== undefined && isEmpty(underWay));
    }
    return underWay !== undefined && isEmpty(without(wanted, underWay));
  }
}

/** The code of a start whose answer did not come, or came from in between. */
const unanswered = 'unavailable';

const isEmpty = ({ add, remove, retry }: ChangeInput): boolean =>
  add.length + remove.length + retry.length === 0;

const without = (wanted: ChangeInput, less: ChangeInput): ChangeInput => ({
  add: rest(wanted.add, less.add),
  remove: rest(wanted.remove, less.remove),
  retry: rest(wanted.retry, less.retry),
});

function rest(wanted: readonly string[], less: readonly string[]): string[] {
  const left = new Set(less);
  return wanted.filter((id) => !left.has(id));
}

function codedError(error: unknown): ApiError {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const message = error instanceof Error ? error.message : 'The change could not be started.';
  return new ApiError(typeof code === 'string' ? code : 'unavailable', message, 0);
}
