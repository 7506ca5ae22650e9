import { type Clock, systemClock } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import type { JobClient, JobPoll } from '../jobs/job-client.ts';
import { isTerminal } from '../jobs/job-view.ts';
import { lifeOf, missedBetween } from '../jobs/progress-lives.ts';
import {
  maxBatch,
  PollLoop,
  type PollLoopPorts,
  type PollMember,
  type PollSource,
  type PollSubscription,
  type PollTiming,
  type PollVerdict,
} from './poll-loop.ts';
import { pageVisibility, type Visibility } from './visibility.ts';

export interface PollerOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** 0 to 1, for the jitter of the backoff. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** @default pageVisibility */
  readonly visibility?: Visibility | undefined;
  /**
   * Milliseconds between two polls of one job whose changes are pushed. @default 50
   */
  readonly minPushGapMs?: number | undefined;
}

/** A reader of a job, and what it has read. */
export interface JobMember extends PollMember<JobPoll> {
  /** Events up to this one have been read. */
  cursor: number;
  /** How many events the reader keeps; 0 reads the view alone. */
  maxEvents: number;
}

export type JobSubscription = PollSubscription<JobMember, JobPoll>;

/**
 * Reads jobs, lists and the activity for all observers of one client: observers of one job
 * share one poll, and all jobs that are due travel in one `pollMany`. At most one such request is in
 * flight; the next is timed after it has ended.
 *
 * A poll that never settles holds up the poller, so a client over a network brings its own timeout.
 */
export class Poller {
  readonly client: JobClient;
  readonly ports: PollLoopPorts;
  /** What is read beside jobs, by its key; see `readValue`. */
  readonly values: Map<string, { readonly size: number }> = new Map();
  readonly #jobs: PollLoop<JobMember, JobAsk, JobPoll>;

  constructor(client: JobClient, options: PollerOptions = {}) {
    this.client = client;
    this.ports = {
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      visibility: options.visibility ?? pageVisibility,
      minPushGapMs: options.minPushGapMs ?? 50,
    };
    this.#jobs = new PollLoop(jobSource(client), this.ports);
  }

  /** How many jobs, lists and activities are being read: 0 when nobody observes. */
  get size(): number {
    return this.#jobs.size + this.values.size;
  }

  /** Each reader has its own cursor: it gets every event after it that the job still has. */
  readJob(id: string, member: JobMember): JobSubscription {
    const subscription = this.#jobs.join(id, member);
    const job = subscription.latest?.job;
    if (job !== undefined) {
      member.reader.onAnswer({ job, events: [], cursor: member.cursor, missed: 0 });
    }
    return subscription;
  }
}

const pollers = /* @__PURE__ */ new WeakMap<JobClient, Poller>();

/**
 * The poller that all observers of a client share unless they are given another. `options` count
 * when it is made, at the first call.
 */
export function sharedPoller(client: JobClient, options?: PollerOptions): Poller {
  const poller = pollers.get(client) ?? new Poller(client, options);
  pollers.set(client, poller);
  return poller;
}

interface JobAsk {
  readonly id: string;
  readonly after: number;
  readonly limit: number;
}

/** Jobs: one `pollMany` for all, read from the cursor of the member that is furthest behind. */
function jobSource(client: JobClient): PollSource<JobMember, JobAsk, JobPoll> {
  return {
    ask: (id, members) => ({
      id,
      after: Math.min(...members.map(({ cursor }) => cursor)),
      limit: Math.min(maxBatch, Math.max(...members.map(({ maxEvents }) => maxEvents))),
    }),
    fetch: (asks) => client.pollMany(asks),
    deliver(members, ask, answer, repeated): PollVerdict {
      const behind = members.map((member) => take(member, ask, answer)).includes(false);
      const { job, events, cursor } = answer;
      if (job === undefined) return 'done';
      if (behind) return 'again';
      const ended = isTerminal(job.status);
      const isFull = ask.limit > 0 && events.length >= ask.limit && cursor > ask.after;
      // Once per interval is enough to catch up with a running job; an ended one is read to its end.
      if (isFull && cursor < (job.progress?.seq ?? 0) && (ended || !repeated)) return 'again';
      return ended ? 'done' : 'later';
    },
    pushed(members, _latest, poll) {
      const after = poll.cursor - poll.events.length - poll.missed;
      const furthest = Math.min(...members.map(({ cursor }) => cursor));
      if (poll.job === undefined || isTerminal(poll.job.status)) return undefined;
      // It begins after what was read, or ends before: it has to be asked for.
      if (after > furthest || poll.cursor < furthest) return undefined;
      return { ask: { id: poll.job.id, after, limit: maxBatch }, answer: poll };
    },
    // What it brings of its progress is worth the same as a change: it is what is watched.
    watch: (id, hint, onPush) =>
      client.watch?.(id, (_id, _kind, poll) => hint('change', poll), onPush),
  };
}

/** Hands over what this member has not seen. False when the answer begins after its cursor. */
function take(member: JobMember, ask: JobAsk, { job, events, cursor }: JobPoll): boolean {
  const { maxEvents, reader } = member;
  // A job that has not come so far is another one under the same id, whose events are all new (H3).
  const isAnew = job !== undefined && cursor < ask.after;
  if (isAnew) member.cursor = 0;
  const before = member.cursor;
  if (isAnew || before < ask.after) {
    reader.onAnswer({ job, events: [], cursor: before, missed: 0 });
    return false;
  }
  const fresh = maxEvents === 0 ? [] : events.filter(({ seq }) => seq > before);
  let after = Math.max(before, cursor);
  // More is waiting than the member keeps: it goes on with the newest, and counts what it leaves out.
  const newest = job?.progress?.seq ?? 0;
  const skipTo = newest - maxEvents;
  if (skipTo > after && skipTo >= lifeOf(newest)) after = skipTo;
  const missed = missedBetween(before, fresh, after);
  member.cursor = after;
  reader.onAnswer({ job, events: fresh, cursor: after, missed: maxEvents === 0 ? 0 : missed });
  return true;
}

/** How observers are read; shared by all of them. */
export interface ReadOptions {
  /** Milliseconds from the end of one poll to the next. @default 1000 */
  readonly pollInterval?: number | undefined;
  /**
   * 'auto' and 'stream' are pushed where the client can push, and polled where it cannot; 'poll' is
   * always polled. @default 'auto'
   */
  readonly transport?: 'auto' | 'poll' | 'stream' | undefined;
  /** Go on while the page is hidden. @default false */
  readonly pollInBackground?: boolean | undefined;
  /** False reads nothing; what has been read stays. @default true */
  readonly enabled?: boolean | undefined;
}

/** @throws OffstageError `invalid_option` */
export function timingOf(options: ReadOptions): PollTiming {
  const { pollInterval = 1000, transport = 'auto', pollInBackground = false } = options;
  if (typeof pollInterval !== 'number' || !(pollInterval > 0)) {
    throw new OffstageError('invalid_option', 'pollInterval must be positive milliseconds.');
  }
  if (!['auto', 'poll', 'stream'].includes(transport)) {
    throw new OffstageError('invalid_option', "transport must be 'auto', 'poll' or 'stream'.");
  }
  return { intervalMs: pollInterval, background: pollInBackground, push: transport !== 'poll' };
}
