import { randomId, transition } from '@offstage/core/engine';
import {
  type BackendFactory,
  createRedisBackend,
  type JobJson,
  type KeepJobs,
  type MinimalJob,
  type MoveToDelayedOpts,
  RedisQueueBackend,
  type RetryJobOpts,
} from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';
import type { Change, Committed, JobStore, Proposal } from '../records/job-store.ts';
import { listOfReply, type Reply, textOfReply } from '../redis/reply.ts';
import { workScript } from '../redis/work-script.ts';
import { bullKeeps } from '../shared/bull-options.ts';
import { bullReason, coded } from './bull-answers.ts';

export interface WorkBackendOptions {
  readonly store: JobStore;
  readonly concurrency: number;
  readonly lockMs: number;
  /** What it has handlers for. */
  readonly names: readonly string[];
  /** BullMQ limits how many jobs begin, which its own script sees to. */
  readonly isRated: boolean;
  /** Does what has to be done in Redis, again and again until it is. */
  readonly insist: <T>(act: () => Promise<T>) => Promise<T>;
  /** An end was committed. */
  readonly ended: (committed: Committed) => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** The end of an attempt, which is committed when BullMQ completes the job. */
export interface LeftEnd {
  readonly proposal: Proposal;
  /** Commits it where another change came first. */
  readonly again: () => Promise<Committed>;
}

/** What BullMQ's worker is given: a job and its id, for how long it is limited, and when the next one is due. */
type NextJob = unknown[];

/** What came with a job. */
export interface TakenRecord {
  /** As it is now. */
  readonly record: JobRecord;
  /** Its attempt has begun, under the record's fence. */
  readonly isBegun: boolean;
}

interface TakenJob {
  readonly json: JobJson;
  readonly id: string;
  readonly taken: TakenRecord | undefined;
  /** Where it stood among those that wait. */
  readonly score: string;
  readonly lock: string;
}

interface Moved {
  readonly result: NextJob | undefined;
  readonly finishedOn: number;
}

type Keeps = boolean | number | KeepJobs;

// BullMQ's worker fills its slots one after the other: so many come with the first.
const mostAtOnce = 16;
// All calls carry them.
const longestNames = 1000;

/**
 * BullMQ's means in Redis for its worker, with two of them in one step with our records: to take a job brings its
 * record, and to complete one commits the end of its attempt. The calls of a turn travel as one. All others are
 * BullMQ's own, as are these where something is not as usual: limits of BullMQ, jobs that are due now, locks that were lost.
 */
export class WorkBackend extends RedisQueueBackend {
  readonly #options: WorkBackendOptions;
  /** Each between line feeds. Where they are many, attempts begin by themselves. */
  readonly #names: string;
  /** Jobs that the worker has, or is about to be given. */
  readonly #held = new Set<string>();
  #ahead: TakenJob[] = [];
  /** By the worker's token: which job it has, and by what lock, where that is not the token. */
  readonly #locks = new Map<string, { readonly id: string; readonly lock: string }>();
  readonly #taken = new Map<string, TakenRecord>();
  readonly #left = new Map<string, LeftEnd>();
  #hasTakenUnknown = false;
  #recovering: Promise<void> | undefined;

  /** Makes it of what BullMQ would use; `made` is told. */
  static factory(
    options: WorkBackendOptions,
    made: (backend: WorkBackend) => void,
  ): BackendFactory<WorkBackend> {
    return (name, settings, kinds) => {
      const plain = createRedisBackend(name, settings, kinds);
      // Its connections tell the other one too.
      plain.on('error', () => {});
      const backend = new WorkBackend(plain, name, settings, options);
      made(backend);
      return backend;
    };
  }

  private constructor(
    plain: RedisQueueBackend,
    name: string,
    settings: Parameters<BackendFactory>[1],
    options: WorkBackendOptions,
  ) {
    const toKey = (type: string): string => plain.toKey(type);
    super(plain.connection, name, plain.keys, toKey, settings, plain.blockingConnection);
    this.#options = options;
    const names = `\n${options.names.join('\n')}\n`;
    this.#names = names.length > longestNames ? '' : names;
  }

  /** What came with a job, once; `undefined` where nothing did. */
  recordOf(id: string): TakenRecord | undefined {
    const taken = this.#taken.get(id);
    this.#taken.delete(id);
    return taken;
  }

  /** The worker completes the job next, and commits the end of its attempt with it. */
  leave(id: string, end: LeftEnd): void {
    this.#left.set(id, end);
  }

  override async moveToActive(token: string, name?: string): Promise<NextJob> {
    const ahead = this.#handOut(token);
    if (ahead !== undefined) return ahead;
    if (!this.#options.isRated) {
      const room = this.#options.concurrency - this.#held.size;
      const most = Math.max(1, Math.min(mostAtOnce, room));
      const { taken } = await this.#work(token, most, Date.now(), []);
      if (taken !== undefined) return taken;
    }
    return this.#takePlainly(token, name);
  }

  override async moveToCompleted<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    value: R,
    keeps: Keeps,
    token: string,
    fetchesNext: boolean,
  ): Promise<Moved> {
    const { id = '' } = job;
    const plain = () =>
      this.#end(id, token, fetchesNext, (lock, fetches) =>
        super.moveToCompleted(job, value, keeps, lock, fetches),
      );
    const left = this.#left.get(id);
    if (left === undefined) return plain();
    this.#left.delete(id);
    const { ended, insist } = this.#options;
    const finishedOn = Date.now();
    const most = fetchesNext && this.#ahead.length === 0 && !this.#options.isRated ? 1 : 0;
    const { proposal } = left;
    const { committed, isComplete, taken } = await this.#work(token, most, finishedOn, [
      id,
      this.#lockOf(id, token),
      job.attemptsMade + 1,
      bullKeeps,
      ...proposal.args,
    ]);
    const end =
      this.#options.store.committed(proposal, committed) ?? (await insist(() => left.again()));
    await ended(end);
    if (!isComplete) {
      const reason = 'record' in end ? bullReason(end.record.state) : undefined;
      return reason === undefined
        ? plain()
        : this.moveToFailed(job, reason, keeps, token, fetchesNext, { failedReason: reason });
    }
    this.#held.delete(id);
    if (!fetchesNext) return { result: undefined, finishedOn };
    // What came is the worker's under this very token.
    const next = taken?.[0] ? taken : (this.#handOut(token) ?? taken);
    if (next !== undefined) return { result: next, finishedOn };
    try {
      return { result: await this.#takePlainly(token), finishedOn };
    } catch (error) {
      // The job has ended all the same, and the worker asks for another one by itself.
      this.#options.report(error);
      return { result: undefined, finishedOn };
    }
  }

  override async moveToFailed<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    reason: string,
    keeps: Keeps,
    token: string,
    fetchesNext: boolean,
    fields?: Record<string, unknown>,
  ): Promise<Moved> {
    return this.#end(job.id ?? '', token, fetchesNext, (lock, fetches) =>
      super.moveToFailed(job, reason, keeps, lock, fetches, fields),
    );
  }

  override async moveToDelayed(
    id: string,
    at: number,
    delay: number,
    token = '0',
    options: MoveToDelayedOpts = {},
  ): Promise<NextJob | undefined> {
    const { result } = await this.#end(
      id,
      token,
      options.fetchNext === true,
      async (lock, fetchNext) => ({
        result: await super.moveToDelayed(id, at, delay, lock, { ...options, fetchNext }),
        finishedOn: 0,
      }),
    );
    return result;
  }

  override async moveJobFromActiveToWait(id: string, token = '0'): Promise<number> {
    try {
      const limitMs = await super.moveJobFromActiveToWait(id, this.#lockOf(id, token));
      // BullMQ wakes nobody for a job that goes back to its place.
      const { store, insist } = this.#options;
      await insist(() => store.link.call('ZADD', this.toKey('marker'), 0, '0'));
      return limitMs;
    } finally {
      this.#held.delete(id);
    }
  }

  override async retryJob(
    id: string,
    lifo: boolean,
    token = '0',
    options: RetryJobOpts = {},
  ): Promise<void> {
    try {
      await super.retryJob(id, lifo, this.#lockOf(id, token), options);
    } finally {
      this.#held.delete(id);
    }
  }

  override extendLocks(ids: string[], tokens: string[], duration: number): Promise<string[]> {
    const locks = ids.map((id, index) => this.#lockOf(id, tokens[index] ?? ''));
    return super.extendLocks(ids, locks, duration);
  }

  #lockOf(id: string, token: string): string {
    const known = this.#locks.get(token);
    return known?.id === id ? known.lock : token;
  }

  /** One of BullMQ's own ends of a job, which brings the next one where that was asked for. */
  async #end(
    id: string,
    token: string,
    fetchesNext: boolean,
    end: (
      lock: string,
      fetches: boolean,
    ) => Promise<{ readonly result: unknown; readonly finishedOn: number }>,
  ): Promise<Moved> {
    const fetches = fetchesNext && this.#ahead.length === 0;
    const lock = this.#lockOf(id, token);
    const act = () => end(lock, fetches);
    const ended = fetches ? this.#taking(token, act) : act();
    const { result, finishedOn } = await ended.finally(() => this.#held.delete(id));
    if (Array.isArray(result)) return { result: this.#noted(token, lock, result), finishedOn };
    return { result: fetchesNext ? this.#handOut(token) : undefined, finishedOn };
  }

  async #takePlainly(token: string, name?: string): Promise<NextJob> {
    const take = () => super.moveToActive(token, name);
    return this.#noted(token, token, await this.#taking(token, take));
  }

  /** A job that BullMQ's own script has given to the worker. */
  #noted(token: string, lock: string, next: NextJob): NextJob {
    const [json, id] = next;
    if (json && typeof id === 'string') this.#give(token, id, lock);
    return next;
  }

  #give(token: string, id: string, lock: string): void {
    this.#held.add(id);
    if (lock === token) this.#locks.delete(token);
    else this.#locks.set(token, { id, lock });
  }

  #handOut(token: string): NextJob | undefined {
    const next = this.#ahead.shift();
    if (next === undefined) return undefined;
    const { id, json, lock, taken } = next;
    this.#give(token, id, lock);
    if (taken !== undefined) this.#taken.set(id, taken);
    return [json, id, 0, 0];
  }

  /** What was committed, and what was taken: `undefined` where BullMQ's own script has to be asked. */
  async #work(
    token: string,
    most: number,
    at: number,
    end: readonly (string | number | Buffer)[],
  ): Promise<{
    readonly committed: Reply | undefined;
    readonly isComplete: boolean;
    readonly taken: NextJob | undefined;
  }> {
    const { store, insist, lockMs } = this.#options;
    const mark = most > 0 ? randomId() : '';
    const args = [most, token, at, lockMs, this.#names, mark, ...end];
    const run = () => insist(() => store.link.run(workScript, args));
    const reply = await (most > 0 ? this.#taking(token, run) : run());
    const [committed, code, taken] = listOfReply(reply);
    return {
      committed,
      isComplete: code === 0,
      taken: most > 0 ? this.#received(token, mark, listOfReply(taken)) : undefined,
    };
  }

  #received(token: string, mark: string, [due, ...jobs]: readonly Reply[]): NextJob | undefined {
    const dueAt = textOfReply(due);
    if (dueAt === 'bull') return undefined;
    for (const [index, job] of jobs.entries()) {
      const [idReply, score, bull, ours, begunAt] = listOfReply(job);
      const id = textOfReply(idReply);
      const suffix = index === 0 ? '' : `+${index + 1}`;
      const record = this.#options.store.recordOf(id, ours);
      this.#ahead.push({
        id,
        json: jsonOf(id, listOfReply(bull)),
        taken: record && takenOf(record, Number(textOfReply(begunAt)), `${mark}${suffix}`),
        score: textOfReply(score),
        lock: `${token}${suffix}`,
      });
      this.#held.add(id);
    }
    // The worker asks for the others in this turn of the event loop.
    if (jobs.length > 1) setImmediate(() => void this.#putBackAhead());
    return this.#handOut(token) ?? [null, undefined, 0, Number(dueAt)];
  }

  /** What the worker did not ask for, as it is about to stop: to the place where it stood. */
  async #putBackAhead(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = [];
    for (const { id, lock, score, taken } of ahead) {
      await this.#putBack(id, lock, taken?.isBegun ? taken.record : undefined, score);
    }
  }

  /** A job that does not run here goes back in line, and its attempt is not spent where it has begun. */
  async #putBack(id: string, lock: string, begun?: JobRecord, score?: string): Promise<void> {
    const { store, insist, report } = this.#options;
    try {
      if (begun !== undefined) {
        const change: Change = ({ state }) => transition(state, { type: 'putBack' });
        const options = { fence: begun.fence, newFence: '', known: begun };
        await insist(() => store.change(id, change, options));
      }
      await insist(() => coded(this.moveJobFromActiveToWait(id, lock)));
      if (score !== undefined) {
        await insist(() => store.link.call('ZADD', this.toKey('prioritized'), 'XX', score, id));
      }
    } catch (error) {
      // Its lock ends, and another worker takes it.
      report(error);
    }
  }

  /**
   * A command is sent again when the connection went before its answer, and has then taken jobs twice: the first of
   * them are this worker's, and it knows nothing of them.
   */
  async #taking<T>(token: string, take: () => Promise<T>): Promise<T> {
    const { link } = this.#options.store;
    const { cuts } = link;
    try {
      return await take();
    } finally {
      if (cuts !== link.cuts) this.#recover(token.slice(0, token.lastIndexOf(':') + 1));
    }
  }

  #recover(ours: string): void {
    this.#hasTakenUnknown = true;
    this.#recovering ??= this.#putBackUnknown(ours)
      .catch((error) => this.#options.report(error))
      .finally(() => {
        this.#recovering = undefined;
        // What was taken since the jobs were listed.
        if (this.#hasTakenUnknown && !this.#options.store.link.isClosed) this.#recover(ours);
      });
  }

  async #putBackUnknown(ours: string): Promise<void> {
    const { store, insist } = this.#options;
    this.#hasTakenUnknown = false;
    const active = listOfReply(
      await insist(() => store.link.call('LRANGE', this.toKey('active'), 0, -1)),
    );
    // What was answered before has been received then.
    await new Promise((resolve) => setImmediate(resolve));
    for (const id of active.map(textOfReply)) {
      const lock = textOfReply(
        await insist(() => store.link.call('GET', this.toKey(`${id}:lock`))),
      );
      if (this.#held.has(id) || !lock.startsWith(ours)) continue;
      const record = await insist(() => store.find(id));
      await this.#putBack(id, lock, record?.state.isHandling ? record : undefined);
    }
  }
}

/** `at`: when its attempt has begun; 0 where it has not. */
function takenOf(record: JobRecord, at: number, mark: string): TakenRecord {
  if (at === 0) return { record, isBegun: false };
  const { state } = transition(record.state, { type: 'started', at });
  return { record: { ...record, state, rev: mark, fence: mark }, isBegun: true };
}

function jsonOf(id: string, bull: readonly Reply[]): JobJson {
  const [name = '', started, opts, timestamp, made, ...others] = bull.map(textOfReply);
  const [stalled, deferred, stacktrace, progress] = others;
  const count = (text: string | undefined): number => Number(text || 0);
  return {
    id,
    name,
    data: '{}',
    opts: JSON.parse(opts || '{}'),
    progress: JSON.parse(progress || '0'),
    timestamp: count(timestamp),
    attemptsMade: count(made),
    attemptsStarted: count(started),
    stalledCounter: count(stalled),
    processedOn: Date.now(),
    stacktrace: stacktrace || undefined,
    ...(deferred ? { deferredFailure: deferred } : {}),
  } as JobJson;
}
