import { type Api, ApiError } from '../api.ts';
import { Store } from './store.ts';

export interface ChangeInput {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * - `idle`: nothing is asked for.
 * - `starting`: the server is being asked.
 * - `waiting`: another change is at work; this one starts by itself when that has ended.
 * - `refused`: it could not be started; `error` says why.
 * - `started`: it is the job `jobId`, which the page has not been told of yet.
 */
export interface PendingState extends ChangeInput {
  readonly status: 'idle' | 'starting' | 'waiting' | 'refused' | 'started';
  readonly error: ApiError | undefined;
  readonly jobId: string | undefined;
}

export const pendingTitles: Readonly<Record<Exclude<PendingState['status'], 'idle'>, string>> = {
  starting: 'Starting',
  waiting: 'Waiting for its turn',
  refused: 'The change could not start',
  started: 'Starting',
};

export type StartChange = (
  input: { add: string[]; remove: string[] },
  options: { exclusivityKey: string },
) => Promise<{ readonly id: string }>;

/** Admits one change of the corpus at a time, whoever asks for it (D5). */
export const corpusKey = 'corpus';

const retryMs = 500;

const idle: PendingState = {
  ...{ status: 'idle', add: [], remove: [] },
  ...{ error: undefined, jobId: undefined },
};

/** A change that a person has asked for, until the server has taken it on as a job. */
export class PendingChange extends Store<PendingState> {
  readonly #api: Api;
  readonly #onTried: () => void;
  #start: StartChange | undefined;
  #triedAt = 0;

  constructor(api: Api, onTried: () => void) {
    super(idle);
    this.#api = api;
    this.#onTried = onTried;
  }

  /** Gives it the way to start jobs: that of the page's framework. */
  readonly connect = (start: StartChange): void => {
    this.#start = start;
  };

  /** Asks for a change. One that waits already is joined. */
  readonly ask = ({ add, remove }: ChangeInput): void => {
    const { status, ...waiting } = this.get().status === 'started' ? idle : this.get();
    this.set({
      ...idle,
      status: status === 'idle' ? 'waiting' : status,
      add: [...waiting.add, ...add],
      remove: [...new Set([...waiting.remove, ...remove])],
    });
    if (status !== 'starting') void this.tryNow();
  };

  /** Called whenever nothing seems to be in the way of one that waits. */
  readonly onFree = (): void => {
    if (this.get().status === 'started') this.set(idle);
    const isDue = performance.now() - this.#triedAt > retryMs;
    if (this.get().status === 'waiting' && isDue) void this.tryNow();
  };

  /** Called for each job that the page shows by now. */
  readonly onShown = (jobId: string): void => {
    if (this.get().jobId === jobId) this.set(idle);
  };

  readonly tryNow = async (): Promise<void> => {
    const { status, add, remove } = this.get();
    if (this.#start === undefined || (status !== 'waiting' && status !== 'refused')) return;
    this.patch({ status: 'starting', error: undefined });
    this.#triedAt = performance.now();
    try {
      const { id: jobId } = await this.#start(
        { add: [...add], remove: [...remove] },
        { exclusivityKey: corpusKey },
      );
      // What was asked for meanwhile comes next.
      const later = this.get();
      const rest = {
        add: later.add.filter((upload) => !add.includes(upload)),
        remove: later.remove.filter((document) => !remove.includes(document)),
      };
      // Shown until the job is, so that the page does not jump in between.
      this.set({ ...idle, status: 'started', add, remove, jobId });
      this.#onTried();
      if (rest.add.length + rest.remove.length > 0) this.ask(rest);
    } catch (error) {
      const known = codedError(error);
      const isHeld = known.code === 'conflict';
      this.patch({ status: isHeld ? 'waiting' : 'refused', error: isHeld ? undefined : known });
      this.#onTried();
    }
  };

  /** Asks for it no more, and has the server throw away what was to be added. */
  readonly drop = (): void => {
    const { add } = this.get();
    this.set(idle);
    for (const upload of add) this.#api.dropUpload(upload).catch(() => undefined);
  };
}

function codedError(error: unknown): ApiError {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const message = error instanceof Error ? error.message : 'The change could not be started.';
  return new ApiError(typeof code === 'string' ? code : 'unavailable', message, 0);
}
