import {
  type Activity,
  type AnyJobDefinition,
  type DefinedBy,
  type InputOf,
  type JobClient,
  type JobId,
  type JobPoll,
  type JobView,
  type ListFilter,
  OffstageError,
  type PhaseOf,
  type PollOptions,
  type ResultOf,
  type StartOptions,
  systemClock,
  type TerminalJobView,
  type WaitOptions,
} from '@offstage/core';
import { sharedPoller, toOffstageError } from '@offstage/core/observe';
import {
  decodeActivity,
  decodeJobView,
  decodeListResponse,
  decodePollManyResponse,
  encodePollManyRequest,
} from '@offstage/core/wire';
import { type HttpJobClientOptions, type HttpPorts, senderOf } from './http-job-client-options.ts';
import { lazyHints } from './lazy-hints.ts';
import { requestJson } from './request-json.ts';

// What no engine's id is, and what a path would take for something else.
const idForm = /^(?!\.+$)[\w.:~@=+-]{1,200}$/;

// Only the first of what was asked for had room in the answer.
const hasRest = (answer: unknown): boolean => Reflect.get(Object(answer), 'rest') === true;

const toUnavailable = (error: unknown): never => {
  throw toOffstageError(error);
};

/**
 * A job client for browsers, over the handler of `createJobsHandler`. Make one per page: all
 * observers of a client share one poll per interval, or one stream of hints.
 *
 * What cannot be reached is `unavailable`, what answers out of form `invalid_response`, both with the
 * `status`; `details.retryAfterMs` tells what the server asked for. Results and inputs travel as JSON,
 * so `transfer` means nothing here, and what JSON cannot carry is `not_serializable`.
 *
 * @example
 * const client = new HttpJobClient({ baseUrl: '/jobs' });
 * const { id } = await client.start(ingest, { uploads });
 * const end = await client.wait(id);
 */
export class HttpJobClient implements JobClient {
  /** Absent where `streaming` is false. */
  readonly watch?: NonNullable<JobClient['watch']>;
  readonly #ports: HttpPorts;

  /** @throws OffstageError `invalid_option` */
  constructor(options: HttpJobClientOptions) {
    const { clock = systemClock, random = Math.random, streaming = true } = options;
    const { timeoutMs = 10_000, pollIntervalMs = 1000 } = options;
    if (typeof options.baseUrl !== 'string' || !(timeoutMs > 0) || !(pollIntervalMs > 0)) {
      throw new OffstageError(
        'invalid_option',
        'baseUrl must be a string, timeoutMs and pollIntervalMs positive milliseconds.',
      );
    }
    const shared = { versions: new Set<string>(), pending: new Set<Promise<unknown>>() };
    const { baseUrl } = options;
    const send = senderOf(options);
    this.#ports = { baseUrl, send, clock, random, timeoutMs, pollIntervalMs, ...shared };
    sharedPoller(this, { clock, random });
    if (streaming) this.watch = lazyHints(this.#ports);
  }

  async start<D extends AnyJobDefinition>(
    definition: D,
    input: InputOf<D>,
    options: StartOptions = {},
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>> {
    // Loaded when it is used, or with the stream: a page shows its jobs before somebody starts one.
    const { startJob } = await import('./start-job.ts').catch(toUnavailable);
    const job = await startJob(this.#ports, definition.name, input, options);
    // Its result can only be what the definition's schema gave.
    return job as JobView<ResultOf<D>, PhaseOf<D>>;
  }

  get<D extends AnyJobDefinition>(
    id: string,
    options: DefinedBy<D>,
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>> | undefined>;
  get<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P> | undefined>;
  get(id: string): Promise<JobView | undefined>;
  async get(id: string): Promise<JobView | undefined> {
    return (await this.poll(id, { limit: 0 })).job;
  }

  poll<D extends AnyJobDefinition>(
    id: string,
    options: PollOptions & DefinedBy<D>,
  ): Promise<JobPoll<ResultOf<D>, PhaseOf<D>>>;
  poll<R, P extends string>(id: JobId<R, P>, options?: PollOptions): Promise<JobPoll<R, P>>;
  poll(id: string, options?: PollOptions): Promise<JobPoll>;
  async poll(id: string, { after, limit }: PollOptions = {}): Promise<JobPoll> {
    const [poll] = await this.pollMany([{ after, limit, id }]);
    // As many come back as were asked for.
    return poll as JobPoll;
  }

  /** At most 1,000 in one call. */
  async pollMany(
    requests: readonly (PollOptions & { readonly id: string })[],
  ): Promise<readonly JobPoll[]> {
    const asked = encodePollManyRequest(requests);
    const answer = await this.#request('POST', '/poll', asked);
    const polls = decodePollManyResponse(answer);
    const rest = requests.slice(polls.length);
    if (rest.length === 0 && polls.length === requests.length) return polls;
    if (polls.length > 0 && hasRest(answer)) return [...polls, ...(await this.pollMany(rest))];
    throw new OffstageError('invalid_response', `${requests.length} answers were expected.`);
  }

  async list(filter: ListFilter = {}): Promise<readonly JobView[]> {
    const { status, ...rest } = filter;
    const query = new URLSearchParams();
    for (const [field, value] of Object.entries(rest)) {
      if (value !== undefined && value !== false) query.append(field, String(value));
    }
    if (status !== undefined) {
      const statuses = [status].flat();
      if (statuses.length === 0) return [];
      for (const each of statuses) query.append('status', each);
    }
    const answer = await this.#request('GET', `?${query}`);
    const jobs = decodeListResponse(answer);
    const limit = (filter.limit ?? 100) - jobs.length;
    if (!hasRest(answer) || limit < 1 || jobs.length === 0) return jobs;
    return [...jobs, ...(await this.list({ ...filter, limit, before: jobs.at(-1)?.id }))];
  }

  cancel(id: string): Promise<boolean> {
    return this.#ask('POST', id, '/cancel', 'canceled');
  }

  retry<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P>>;
  retry(id: string): Promise<JobView>;
  async retry(id: string): Promise<JobView> {
    if (!idForm.test(id)) throw new OffstageError('not_found', 'There is no such job.');
    return decodeJobView(await this.#request('POST', `/${encodeURIComponent(id)}/retry`));
  }

  consume(id: string): Promise<boolean> {
    return this.#ask('DELETE', id, '', 'consumed');
  }

  wait<D extends AnyJobDefinition>(
    id: string,
    options: WaitOptions & DefinedBy<D>,
  ): Promise<TerminalJobView<ResultOf<D>, PhaseOf<D>>>;
  wait<R, P extends string>(id: JobId<R, P>, options?: WaitOptions): Promise<TerminalJobView<R, P>>;
  wait(id: string, options?: WaitOptions): Promise<TerminalJobView>;
  async wait(id: string, options: WaitOptions = {}): Promise<TerminalJobView> {
    // Loaded when it is used, which a page that observes its jobs does not.
    const { waitForEnd } = await import('./wait-for-end.ts').catch(toUnavailable);
    return waitForEnd(this, id, options, this.#ports);
  }

  async activity(): Promise<Activity> {
    return decodeActivity(await this.#request('GET', '/activity'));
  }

  async #ask(method: string, id: string, path: string, field: string): Promise<boolean> {
    if (!idForm.test(id)) return false;
    try {
      const answer = await this.#request(method, `/${encodeURIComponent(id)}${path}`);
      const is: unknown = Reflect.get(Object(answer), field);
      if (typeof is === 'boolean') return is;
      throw new OffstageError('invalid_response', `"${field}" is missing in the answer.`);
    } catch (error) {
      if (OffstageError.isInstance(error) && error.code === 'not_found') return false;
      throw error;
    }
  }

  #request(method: string, path: string, content?: unknown): Promise<unknown> {
    return requestJson(this.#ports, method, path, content);
  }
}
