import { OffstageError } from '../foundation/errors.ts';
import type { ChangeKind, JobClient, JobPoll, PollOptions } from '../jobs/job-client.ts';
import type { JobFailure, JobStatus, JobView, ProgressEvent } from '../jobs/job-view.ts';

interface ScriptedJob {
  view: JobView;
  events: ProgressEvent[];
}

export interface ScriptedChange {
  readonly status?: JobStatus;
  readonly result?: unknown;
  readonly failure?: JobFailure;
  readonly cancelRequested?: boolean;
}

/**
 * A client whose jobs a test writes by hand. It answers fresh copies, as a client over a network
 * does, counts requests and watchers, and holds requests back or fails them when told.
 */
export class ScriptedClient implements JobClient {
  /** The ids of each `pollMany` so far. */
  readonly requests: (readonly (PollOptions & { readonly id: string })[])[] = [];
  readonly canceled: string[] = [];
  listCalls = 0;
  /** The most polls that were ever in flight at once. */
  maxInFlight = 0;
  /** Requests fail with this while it is set. */
  failure: unknown;
  /** Awaited by every request. */
  gate: (request: string) => Promise<unknown> = async () => undefined;
  ringSize = 100;
  watch?: NonNullable<JobClient['watch']>;
  readonly #jobs = new Map<string, ScriptedJob>();
  readonly #watchers = new Set<{
    readonly id: string | undefined;
    readonly hint: (id?: string, kind?: ChangeKind) => void;
    readonly onPush: ((isPushed: boolean) => void) | undefined;
  }>();
  #isPushed = true;
  #inFlight = 0;

  constructor(options: { readonly pushes?: boolean } = {}) {
    if (options.pushes !== true) return;
    this.watch = (id, hint, onPush) => {
      const watcher = { id, hint, onPush };
      this.#watchers.add(watcher);
      if (!this.#isPushed) onPush?.(false);
      return () => void this.#watchers.delete(watcher);
    };
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  put(id: string, change: ScriptedChange = {}): JobView {
    const before = this.#jobs.get(id);
    const view = {
      id,
      name: 'scripted',
      phases: ['work'],
      attempt: 1,
      maxAttempts: 1,
      availableAt: null,
      lastFailure: null,
      retryOf: null,
      cancelRequested: false,
      progress: null,
      droppedReports: 0,
      createdAt: 1,
      startedAt: 1,
      endedAt: null,
      result: undefined,
      failure: undefined,
      ...(before?.view ?? { status: 'running' }),
      ...change,
    } as JobView;
    this.#jobs.set(id, { view, events: before?.events ?? [] });
    this.hint(id);
    return view;
  }

  report(id: string, percent: number | null = null): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    const seq = (job.view.progress?.seq ?? 0) + 1;
    const { attempt } = job.view;
    const event = { seq, at: seq, phase: 'work', percent, message: `step ${seq}`, attempt };
    job.events = [...job.events, event].slice(-this.ringSize);
    job.view = { ...job.view, progress: event };
    this.hint(id, 'progress');
  }

  remove(id: string): void {
    this.#jobs.delete(id);
    this.hint(id);
  }

  /** Takes the way that hints come by down, or up again. */
  push(isPushed: boolean): void {
    this.#isPushed = isPushed;
    for (const { onPush, hint } of [...this.#watchers]) {
      onPush?.(isPushed);
      if (isPushed) hint();
    }
  }

  hint(id: string, kind: ChangeKind = 'change'): void {
    if (!this.#isPushed) return;
    for (const watcher of [...this.#watchers]) {
      if (watcher.id === undefined || watcher.id === id) watcher.hint(id, kind);
    }
  }

  pollMany(requests: readonly (PollOptions & { readonly id: string })[]) {
    this.requests.push(requests);
    return this.#answer(`poll ${requests.map(({ id }) => id).join(' ')}`, () =>
      requests.map((request) => this.#read(request.id, request)),
    );
  }

  async poll(id: string, options: PollOptions = {}): Promise<JobPoll<never, never>> {
    const [poll] = await this.pollMany([{ id, ...options }]);
    return poll as JobPoll<never, never>;
  }

  async get(id: string): Promise<JobView<never, never> | undefined> {
    return (await this.poll(id)).job;
  }

  list() {
    this.listCalls++;
    return this.#answer('list', () =>
      [...this.#jobs.keys()].reverse().flatMap((id) => this.#read(id, { limit: 0 }).job ?? []),
    );
  }

  cancel(id: string) {
    this.canceled.push(id);
    return this.#answer(`cancel ${id}`, () => {
      const status = this.#jobs.get(id)?.view.status;
      if (status !== 'queued' && status !== 'running') return false;
      this.put(id, { cancelRequested: true });
      return true;
    });
  }

  consume(id: string) {
    return this.#answer(`consume ${id}`, () => this.#jobs.delete(id));
  }

  activity() {
    return this.#answer('activity', () => ({
      queued: 0,
      running: this.#jobs.size,
      foregroundLeases: 0,
      maintenance: false,
      accepting: true,
    }));
  }

  start(): never {
    throw new OffstageError('unknown_definition', 'A scripted client starts nothing.');
  }

  retry(): never {
    throw new OffstageError('not_retriable', 'A scripted client starts nothing again.');
  }

  wait(): never {
    throw new OffstageError('not_found', 'A scripted client waits for nothing.');
  }

  // The answer is made when the request arrives; it may be delivered much later.
  async #answer<T>(request: string, make: () => T): Promise<T> {
    if (request.startsWith('poll')) this.#inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
    const { failure } = this;
    try {
      const answer = failure === undefined ? make() : undefined;
      await this.gate(request);
      if (failure !== undefined) throw failure;
      return structuredClone(answer) as T;
    } finally {
      if (request.startsWith('poll')) this.#inFlight--;
    }
  }

  #read(id: string, { after = 0, limit = 100 }: PollOptions): JobPoll {
    const job = this.#jobs.get(id);
    if (job === undefined) return { job: undefined, events: [], cursor: after, missed: 0 };
    const from = Math.min(after, job.view.progress?.seq ?? 0);
    const events = job.events.filter(({ seq }) => seq > from).slice(0, limit);
    const cursor = events.at(-1)?.seq ?? from;
    return { job: job.view, events, cursor, missed: cursor - from - events.length };
  }
}

/** A page that a test hides and shows. */
export function scriptedPage() {
  const listeners = new Set<() => void>();
  let hidden = false;
  const set = (value: boolean): void => {
    if (value === hidden) return;
    hidden = value;
    for (const listener of [...listeners]) listener();
  };
  return {
    isHidden: () => hidden,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hide: () => set(true),
    show: () => set(false),
    get listeners() {
      return listeners.size;
    },
  };
}
