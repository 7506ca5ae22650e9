import { OffstageError } from '../foundation/errors.ts';
import { Listeners, microtaskScheduler, type NotifyScheduler } from '../foundation/listeners.ts';
import { randomId } from '../foundation/random-id.ts';
import type { JobClient, StartOptions } from '../jobs/job-client.ts';
import type {
  AnyJobDefinition,
  InputOf,
  JobDefinition,
  PhaseOf,
  ResultOf,
} from '../jobs/job-definition.ts';
import type { JobView } from '../jobs/job-view.ts';
import { toOffstageError } from './poll-loop.ts';

/** What can be done through a `StartObserver`; both functions stay the same. */
export interface StartActions<D extends AnyJobDefinition = JobDefinition> {
  /**
   * Starts a job and resolves to its first view. Rejects as `JobClient.start` does; the error is in
   * the snapshot too, so a click handler need not catch it.
   *
   * While a start is under way another one is refused at once with `conflict`, so that a double click
   * starts one job; the snapshot goes on showing the first. `reset` lets the next one in.
   *
   * A start that had no answer (`unavailable`) may have begun its job all the same. The next start
   * with the same input is that start again, and resolves to the job if there is one.
   *
   * @throws OffstageError
   */
  readonly start: (
    input: InputOf<D>,
    options?: StartOptions,
  ) => Promise<JobView<ResultOf<D>, PhaseOf<D>>>;
  /** Back to 'idle'. A start that is under way goes on and resolves, and does not show any more. */
  readonly reset: () => void;
}

/** How the last start went. The same object until something changed. */
export interface StartObserverState<D extends AnyJobDefinition = JobDefinition>
  extends StartActions<D> {
  readonly status: 'idle' | 'pending' | 'success' | 'error';
  /** The first view of the job that was started last; it does not follow the job. */
  readonly job: JobView<ResultOf<D>, PhaseOf<D>> | undefined;
  readonly error: OffstageError | undefined;
  readonly isPending: boolean;
}

export interface StartObserverPorts {
  /** @default microtaskScheduler */
  readonly notify?: NotifyScheduler | undefined;
}

type Step<D extends AnyJobDefinition> = Pick<StartObserverState<D>, 'status' | 'job' | 'error'>;

/**
 * Starts jobs of one definition and tells how the last start went, with the conventions of
 * `JobObserver`. A `start` that a `reset` overtook still resolves or rejects for its caller, and
 * leaves the snapshot alone.
 *
 *   idle --start--> pending --job--> success
 *                           --error-> error    reset: any -> idle; start: any but pending -> pending
 *
 * @example
 * const starter = new StartObserver(client, ingest);
 * const { id } = await starter.start({ uploads });
 */
export class StartObserver<D extends AnyJobDefinition = JobDefinition> {
  readonly #client: JobClient;
  readonly #listeners: Listeners;
  readonly #actions: StartActions<D>;
  readonly #initialSnapshot: StartObserverState<D>;
  #definition: D;
  #snapshot: StartObserverState<D>;
  // The call whose end will show.
  #current: symbol | undefined;
  // The start that had no answer, and what it was to start.
  #unanswered: { readonly key: string; readonly asked: string } | undefined;

  constructor(client: JobClient, definition: D, ports: StartObserverPorts = {}) {
    this.#client = client;
    this.#definition = definition;
    this.#listeners = new Listeners(ports.notify ?? microtaskScheduler);
    this.#actions = { start: this.start, reset: this.reset };
    this.#initialSnapshot = toObserverState(
      { status: 'idle', job: undefined, error: undefined },
      this.#actions,
    );
    this.#snapshot = this.#initialSnapshot;
  }

  readonly getSnapshot = (): StartObserverState<D> => this.#snapshot;

  /** What a server renders: the idle state. */
  readonly getInitialSnapshot = (): StartObserverState<D> => this.#initialSnapshot;

  /** Calls `listener` after changes, merged by the `notify` port. Returns the way to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    return () => void remove();
  };

  readonly start: StartActions<D>['start'] = (input, options) => {
    const started = this.#start(input, options);
    // Whoever leaves the promise alone reads the error in the snapshot: it is not unhandled.
    started.catch(() => undefined);
    return started;
  };

  readonly reset = (): void => {
    this.#current = undefined;
    if (this.#snapshot.status !== 'idle') this.#show(this.#initialSnapshot);
  };

  /** What `start` starts from now on. */
  setDefinition(definition: D): void {
    this.#definition = definition;
  }

  async #start(
    input: InputOf<D>,
    options: StartOptions | undefined,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>> {
    if (this.#current !== undefined) {
      throw new OffstageError('conflict', 'A start is under way already. Wait for its end.');
    }
    const call = Symbol('start');
    this.#current = call;
    this.#step({ status: 'pending', job: undefined, error: undefined });
    let asked: string | undefined;
    let idempotencyKey = '';
    try {
      const given = options?.idempotencyKey;
      asked = textOf([this.#definition.name, input, options?.exclusivityKey]);
      const isAgain = asked !== undefined && asked === this.#unanswered?.asked;
      idempotencyKey = given ?? (isAgain ? this.#unanswered?.key : undefined) ?? randomId();
      const job = await this.#client.start(this.#definition, input, { ...options, idempotencyKey });
      this.#unanswered = undefined;
      if (this.#current === call) this.#step({ status: 'success', job, error: undefined });
      return job;
    } catch (cause) {
      const error = toOffstageError(cause);
      const mayHaveBegun = error.code === 'unavailable';
      this.#unanswered =
        mayHaveBegun && asked !== undefined ? { key: idempotencyKey, asked } : undefined;
      if (this.#current === call) this.#step({ status: 'error', job: undefined, error });
      throw error;
    } finally {
      if (this.#current === call) this.#current = undefined;
    }
  }

  #step(step: Step<D>): void {
    this.#show(toObserverState(step, this.#actions));
  }

  #show(snapshot: StartObserverState<D>): void {
    this.#snapshot = snapshot;
    this.#listeners.changed();
  }
}

function textOf(asked: readonly unknown[]): string | undefined {
  try {
    return JSON.stringify(asked);
  } catch {
    return undefined;
  }
}

function toObserverState<D extends AnyJobDefinition>(
  step: Step<D>,
  actions: StartActions<D>,
): StartObserverState<D> {
  return Object.freeze({ ...step, isPending: step.status === 'pending', ...actions });
}
