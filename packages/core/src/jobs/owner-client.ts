import type { Clock } from '../foundation/clock.ts';
import { listOf, reading, requireOptions } from '../foundation/invalid-option.ts';
import { repairCursor } from './job.ts';
import type {
  Activity,
  ChangeKind,
  DefinedBy,
  JobClient,
  JobPoll,
  ListFilter,
  PollOptions,
  StartOptions,
  WaitOptions,
} from './job-client.ts';
import type { AnyJobDefinition, InputOf, PhaseOf, ResultOf } from './job-definition.ts';
import type { JobEngine } from './job-engine.ts';
import type { JobId, JobView, TerminalJobView } from './job-view.ts';
import { waitForEnd } from './job-wait.ts';
import { listPageOf, noSuchPage, overviewOf } from './list-page.ts';

/** What `JobManager.forOwner` gives: one owner's capability, in this process (J3, J4). */
export class OwnerClient implements JobClient {
  readonly #engine: JobEngine;
  readonly #owner: string;
  readonly #clock: Clock;

  constructor(engine: JobEngine, owner: string, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    this.#owner = owner;
  }

  // On the prototype, so that no copy and no text of the client has it.
  get owner(): string {
    return this.#owner;
  }

  get version(): string {
    return this.#engine.version(this.#owner);
  }

  start<D extends AnyJobDefinition>(
    definition: D,
    input: InputOf<D>,
    options?: StartOptions,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>> {
    // Its result can only be what the definition's schema gave.
    return this.#engine.admission.start(this.#owner, definition, input, options) as Promise<
      JobView<ResultOf<D>, PhaseOf<D>>
    >;
  }

  get<D extends AnyJobDefinition>(
    id: string,
    options: DefinedBy<D>,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>> | undefined>;
  get<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P> | undefined>;
  get(id: string): Promise<JobView | undefined>;
  async get(id: string): Promise<JobView | undefined> {
    if (!this.#engine.isReady) await this.#engine.ready();
    return this.#engine.look(this.#owner, id)?.view();
  }

  poll<D extends AnyJobDefinition>(
    id: string,
    options: PollOptions & DefinedBy<D>,
  ): Promise<JobPoll<ResultOf<D>, PhaseOf<D>>>;
  poll<R, P extends string>(id: JobId<R, P>, options?: PollOptions): Promise<JobPoll<R, P>>;
  poll(id: string, options?: PollOptions): Promise<JobPoll>;
  async poll(id: string, options: PollOptions = {}): Promise<JobPoll> {
    const page = pageOf(options);
    if (!this.#engine.isReady) await this.#engine.ready();
    return this.#poll(id, page);
  }

  async pollMany(
    requests: readonly (PollOptions & { readonly id: string })[],
  ): Promise<readonly JobPoll[]> {
    if (!this.#engine.isReady) await this.#engine.ready();
    return listOf('requests', requests).map((request) => {
      const page = pageOf(request);
      return this.#poll(
        reading('requests', () => request.id),
        page,
      );
    });
  }

  /** The overview does not count as a look at each job, or an open list would keep all (J13). */
  async list(filter: ListFilter = {}): Promise<readonly JobView[]> {
    const { statuses, name, limit, before, results } = listPageOf(filter);
    if (!this.#engine.isReady) await this.#engine.ready();
    const jobs = this.#engine.jobs(this.#owner);
    const last = before === undefined ? undefined : jobs?.get(before);
    if (before !== undefined && last === undefined) throw noSuchPage();
    const views: JobView[] = [];
    let job = last === undefined ? jobs?.newest : last.older;
    for (; job !== undefined && views.length < limit; job = job.older) {
      if (name !== undefined && job.definition.name !== name) continue;
      if (statuses !== undefined && !statuses.has(job.state.status)) continue;
      views.push(results ? job.view() : overviewOf(job.view()));
    }
    return views;
  }

  async cancel(id: string): Promise<boolean> {
    if (!this.#engine.isReady) await this.#engine.ready();
    return this.#engine.cancel(this.#owner, id);
  }

  retry<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P>>;
  retry(id: string): Promise<JobView>;
  async retry(id: string): Promise<JobView> {
    if (!this.#engine.isReady) await this.#engine.ready();
    return this.#engine.admission.retry(this.#owner, id);
  }

  consume(id: string): Promise<boolean> {
    return this.#engine.isReady
      ? Promise.resolve(this.#engine.consume(this.#owner, id))
      : this.#engine.ready().then(() => this.#engine.consume(this.#owner, id));
  }

  wait<D extends AnyJobDefinition>(
    id: string,
    options: WaitOptions & DefinedBy<D>,
  ): Promise<TerminalJobView<ResultOf<D>, PhaseOf<D>>>;
  wait<R, P extends string>(id: JobId<R, P>, options?: WaitOptions): Promise<TerminalJobView<R, P>>;
  wait(id: string, options?: WaitOptions): Promise<TerminalJobView>;
  wait(id: string, options: WaitOptions = noOptions): Promise<TerminalJobView> {
    if (!this.#engine.isReady) return this.#engine.ready().then(() => this.wait(id, options));
    return options === noOptions ? this.#ended(id, noOptions) : this.#endedWithin(id, options);
  }

  /** Waits no longer than the options say. */
  #endedWithin(id: string, options: WaitOptions): Promise<TerminalJobView> {
    try {
      requireOptions(options);
      const { signal, timeoutMs } = reading('options', () => {
        const { signal, timeoutMs } = options;
        return { signal, timeoutMs };
      });
      return this.#ended(id, { signal, timeoutMs });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async activity(): Promise<Activity> {
    if (!this.#engine.isReady) await this.#engine.ready();
    return this.#engine.activity(this.#owner);
  }

  watch(
    id: string | undefined,
    onChange: (changedId: string, kind: ChangeKind) => void,
  ): () => void {
    if (this.#engine.isReady) return this.#engine.watch(this.#owner, id, onChange);
    let isStopped = false;
    let stop = (): void => {};
    const begin = (): void => {
      if (!isStopped) stop = this.#engine.watch(this.#owner, id, onChange);
    };
    // Why it is not ready is told to whoever asks for something.
    this.#engine.ready().then(begin, () => {});
    return () => {
      isStopped = true;
      stop();
    };
  }

  #ended(id: string, options: WaitOptions): Promise<TerminalJobView> {
    return waitForEnd(this.#engine.look(this.#owner, id), options, this.#clock);
  }

  #poll(id: string, options: PollOptions): JobPoll {
    const job = this.#engine.look(this.#owner, id);
    if (job === undefined) {
      return Object.freeze({
        job: undefined,
        events: Object.freeze([]),
        cursor: repairCursor(options.after),
        missed: 0,
      });
    }
    return Object.freeze({ job: job.view(), ...job.read(options) });
  }
}

/** Read once. @throws OffstageError `invalid_option` */
function pageOf(options: PollOptions): PollOptions {
  requireOptions(options);
  return reading('options', () => {
    const { after, limit } = options;
    return { after, limit };
  });
}

const noOptions: WaitOptions = Object.freeze({});
