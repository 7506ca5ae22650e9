import {
  type Activity,
  type AnyJobDefinition,
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
import { sharedPoller } from '@offstage/core/observe';
import {
  decodeActivity,
  decodeJobView,
  decodeListResponse,
  decodePollManyResponse,
  encodePollManyRequest,
  encodeStartRequest,
} from '@offstage/core/wire';
import { type HttpJobClientOptions, type HttpPorts, senderOf } from './http-job-client-options.ts';
import { lazyHints } from './lazy-hints.ts';
import { requestJson } from './request-json.ts';

// What no engine's id is, and what a path would take for something else.
const idForm = /^(?!\.+$)[\w.:~@=+-]{1,200}$/;

// Only the first of what was asked for had room in the answer.
const hasRest = (answer: unknown): boolean => Reflect.get(Object(answer), 'rest') === true;

/**
 * A job client for browsers, over the handler of `createJobsHandler` (H4). Make one per page: all
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
    this.#ports = { send: senderOf(options), clock, random, timeoutMs, pollIntervalMs, ...shared };
    sharedPoller(this, { clock, random });
    if (streaming) this.watch = lazyHints(this.#ports);
  }

  async start<D extends AnyJobDefinition>(
    definition: D,
    input: InputOf<D>,
    options: StartOptions = {},
  ): Promise<JobView<ResultOf<D>, PhaseOf<D>>> {
    refuseServersOptions(options);
    const request = encodeStartRequest(input, options.exclusivityKey, options.onConflict);
    const { idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join('-') } = options;
    const ask = (): Promise<unknown> =>
      requestJson(this.#ports, 'POST', `/${encodeURIComponent(definition.name)}`, request, {
        'idempotency-key': `"${idempotencyKey.replace(/["\\]/g, '\\$&')}"`,
      });
    // Without an answer nobody knows whether it began: asked again, it is the same start (J3).
    const answer = await ask().catch((error: OffstageError) => {
      if (error.code !== 'unavailable' || error.details.status !== undefined) throw error;
      return ask();
    });
    // Its result can only be what the definition's schema gave.
    return decodeJobView(answer) as JobView<ResultOf<D>, PhaseOf<D>>;
  }

  get<R, P extends string>(id: JobId<R, P>): Promise<JobView<R, P> | undefined>;
  get(id: string): Promise<JobView | undefined>;
  async get(id: string): Promise<JobView | undefined> {
    return (await this.poll(id, { limit: 0 })).job;
  }

  poll<R, P extends string>(id: JobId<R, P>, options?: PollOptions): Promise<JobPoll<R, P>>;
  poll(id: string, options?: PollOptions): Promise<JobPoll>;
  async poll(id: string, options?: PollOptions): Promise<JobPoll> {
    const [poll] = await this.pollMany([{ ...options, id }]);
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
    if (!hasRest(answer) || limit < 1) return jobs;
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

  wait<R, P extends string>(id: JobId<R, P>, options?: WaitOptions): Promise<TerminalJobView<R, P>>;
  wait(id: string, options?: WaitOptions): Promise<TerminalJobView>;
  async wait(id: string, options: WaitOptions = {}): Promise<TerminalJobView> {
    // Loaded when it is used, which a page that observes its jobs does not.
    const { waitForEnd } = await import('./wait-for-end.ts');
    return waitForEnd(this, id, options, this.#ports);
  }

  async activity(): Promise<Activity> {
    return decodeActivity(await this.#request('GET', '/activity'));
  }

  async #ask(method: string, id: string, path: string, field: string): Promise<boolean> {
    if (!idForm.test(id)) return false;
    try {
      const answer = await this.#request(method, `/${encodeURIComponent(id)}${path}`);
      return Reflect.get(Object(answer), field) === true;
    } catch (error) {
      if (OffstageError.isInstance(error) && error.code === 'not_found') return false;
      throw error;
    }
  }

  #request(method: string, path: string, content?: unknown): Promise<unknown> {
    return requestJson(this.#ports, method, path, content);
  }
}

// When and how soon a job runs is the server's to say; an option is never passed over in silence.
function refuseServersOptions(options: StartOptions): void {
  for (const option of ['delayMs', 'startAt', 'priority'] as const) {
    if (options[option] === undefined) continue;
    throw new OffstageError(
      'invalid_option',
      `${option} is the server's to decide. Start the job there, or leave it out.`,
      { details: { option } },
    );
  }
}
