import {
  type Activity,
  type AnyJobDefinition,
  type ChangeKind,
  type DefinedBy,
  type InputOf,
  type JobClient,
  type JobId,
  type JobPoll,
  type JobView,
  type ListFilter,
  listPageOf,
  noSuchPage,
  overviewOf,
  type PhaseOf,
  type PollOptions,
  type ResultOf,
  type StartOptions,
  type TerminalJobView,
  type WaitOptions,
} from '@offstage/core';
import { listOf, reading, repairCursor, requireOptions } from '@offstage/core/engine';
import { viewOf } from '../records/job-record.ts';
import { readLimit } from '../records/seen-job.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import { consumeScript } from '../redis/scripts.ts';
import { isJobId, partOf } from '../shared/names.ts';
import { readActivity } from './activity.ts';
import { type Owner, retryJob, startJob } from './admission.ts';
import type { BullContext } from './bull-context.ts';
import { requestStop } from './stopping.ts';
import { watchJobs } from './watch.ts';

// How many jobs are read at a time while a page of a list is filled.
const readAtOnce = 200;

type Asked = PollOptions & { readonly id: string };

/** What one owner may see and do (J4), over Redis. */
export class BullClient implements JobClient {
  readonly owner: string;
  readonly #context: BullContext;
  readonly #part: string;
  readonly #who: Owner;

  constructor(context: BullContext, owner: string) {
    this.#context = context;
    this.owner = owner;
    this.#part = partOf(owner);
    this.#who = { id: owner, part: this.#part };
  }

  async start<D extends AnyJobDefinition>(
    definition: D,
    input: InputOf<D>,
    options?: StartOptions,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>> {
    // What the definition says of its result holds for the jobs that it starts.
    return startJob(this.#context, this.#who, definition, input, options) as Promise<
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
    return (await this.#poll([{ id, limit: 0 }]))[0]?.job;
  }

  poll<D extends AnyJobDefinition>(
    id: string,
    options: PollOptions & DefinedBy<D>,
  ): Promise<JobPoll<ResultOf<D>, PhaseOf<D>>>;
  poll<R, P extends string>(id: JobId<R, P>, options?: PollOptions): Promise<JobPoll<R, P>>;
  poll(id: string, options?: PollOptions): Promise<JobPoll>;
  async poll(id: string, options: PollOptions = {}): Promise<JobPoll> {
    const asked = { ...pageOf(options), id };
    return (await this.#poll([asked]))[0] ?? nothing(asked);
  }

  async pollMany(requests: readonly Asked[]): Promise<readonly JobPoll[]> {
    const asked = listOf('requests', requests);
    for (const request of asked) requireOptions(request);
    const read = reading('requests', () =>
      asked.map(({ id, after, limit }) => ({ id, after, limit })),
    );
    return this.#poll(read);
  }

  async list(filter: ListFilter = {}): Promise<readonly JobView[]> {
    const { statuses, name, limit, before, results } = listPageOf(filter);
    const { store, link } = this.#context;
    const index = `${link.base}owner:${this.#part}`;
    let below = '+inf';
    if (before !== undefined) {
      const order = isJobId(before) ? await link.call('ZSCORE', index, before) : null;
      if (order === null) throw noSuchPage();
      below = `(${textOfReply(order)}`;
    }
    const views: JobView[] = [];
    for (let offset = 0; ; offset += readAtOnce) {
      const ids = listOfReply(
        await link.call('ZREVRANGEBYSCORE', index, below, '-inf', 'LIMIT', offset, readAtOnce),
      ).map(textOfReply);
      // The overview does not count as a look at each job, or an open list would keep all (J13).
      const looked = await store.look(
        this.#part,
        ids.map((id) => ({ id })),
        false,
      );
      for (const each of looked) {
        if (each === undefined) continue;
        const { record } = each;
        if (name !== undefined && record.name !== name) continue;
        if (statuses !== undefined && !statuses.has(record.state.status)) continue;
        const view = viewOf(record);
        views.push(results ? view : overviewOf(view));
        if (views.length === limit) return views;
      }
      if (ids.length < readAtOnce) return views;
    }
  }

  async cancel(id: string): Promise<boolean> {
    const record = (await this.#context.store.look(this.#part, [{ id }], false))[0]?.record;
    if (record === undefined || record.state.endedAt !== null) return false;
    const committed = await requestStop(this.#context, id, 'canceled');
    // Where nothing changed it was asked to stop before, or was faster to end.
    if (committed.type === 'unchanged') return committed.record.state.endedAt === null;
    return committed.type === 'done';
  }

  retry<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P>>;
  retry(id: string): Promise<JobView>;
  retry(id: string): Promise<JobView> {
    return retryJob(this.#context, this.#who, id);
  }

  async consume(id: string): Promise<boolean> {
    if (!isJobId(id)) return false;
    const released = await this.#context.link.run(consumeScript, [id, this.#part]);
    if (released !== 1) return false;
    await this.#context.bull.remove(id);
    return true;
  }

  wait<D extends AnyJobDefinition>(
    id: string,
    options: WaitOptions & DefinedBy<D>,
  ): Promise<TerminalJobView<ResultOf<D>, PhaseOf<D>>>;
  wait<R, P extends string>(id: JobId<R, P>, options?: WaitOptions): Promise<TerminalJobView<R, P>>;
  wait(id: string, options?: WaitOptions): Promise<TerminalJobView>;
  wait(id: string, options: WaitOptions = {}): Promise<TerminalJobView> {
    return this.#context.waits.wait(this.#part, id, options);
  }

  activity(): Promise<Activity> {
    return readActivity(this.#context, ` ${this.#part}`);
  }

  watch(
    id: string | undefined,
    onChange: (changedId?: string, kind?: ChangeKind) => void,
    onPush?: (isPushed: boolean) => void,
  ): () => void {
    return watchJobs(this.#context, this.#part, { id, onChange, onPush });
  }

  async #poll(requests: readonly Asked[]): Promise<readonly JobPoll[]> {
    const seen = await this.#context.looks.look(
      this.#part,
      requests.map(({ id, after, limit }) => ({
        id,
        after: readLimit(limit) === 0 ? undefined : Math.min(repairCursor(after), maxCursor),
      })),
    );
    return requests.map((request, index) => {
      const job = seen[index];
      if (job === undefined) return nothing(request);
      return Object.freeze({ job: job.view, ...job.read(request.after, request.limit) });
    });
  }
}

// Redis reads numbers that are written whole.
const maxCursor = Number.MAX_SAFE_INTEGER;

/** Read once. @throws OffstageError `invalid_option` */
function pageOf(options: PollOptions): PollOptions {
  requireOptions(options);
  return reading('options', () => {
    const { after, limit } = options;
    return { after, limit };
  });
}

const nothing = ({ after }: PollOptions): JobPoll =>
  Object.freeze({
    job: undefined,
    events: Object.freeze([]),
    cursor: repairCursor(after),
    missed: 0,
  });
