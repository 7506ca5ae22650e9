import { type Clock, systemClock } from './clock.ts';
import { OffstageError } from './errors.ts';
import type { ActivitySnapshot, JobClient, JobPoll, ListFilter } from './job-client.ts';
import { isTerminal, type JobView } from './job-view.ts';
import {
  maxBatch,
  type PollFailure,
  type PollHandle,
  PollLoop,
  type PollLoopPorts,
  type PollMember,
  type PollSource,
  type PollVerdict,
  type PollWish,
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

/** Who reads through a poller. Every call is about the channel that the reader joined. */
export interface PollReader<Answer> {
  onAnswer(answer: Answer): void;
  onFailure(failure: PollFailure): void;
  onPaused(paused: boolean): void;
}

export interface JobCursor {
  /** Events up to this one have been read. */
  readonly cursor: number;
  /** How many events the reader keeps; 0 reads the view alone. */
  readonly maxEvents: number;
}

/** A reader's place at a poller. */
export interface PollSeat {
  /** Changes how often and whether in the background it is read. */
  change(wish: PollWish, maxEvents?: number): void;
  /** Polls now. Resolves when that poll has ended, whatever it brought; never rejects. */
  refetch(): Promise<void>;
  leave(): void;
}

/**
 * Reads jobs, lists and the activity for all observers of one client (U3, U4): observers of one job
 * share one poll, and all jobs that are due travel in one `pollMany`. At most one such request is in
 * flight; the next is timed after it has ended.
 *
 * A poll that never settles holds up the poller, so a client over a network brings its own timeout.
 */
export class Poller {
  readonly #client: JobClient;
  readonly #ports: PollLoopPorts;
  readonly #jobs: PollLoop<JobMember, JobAsk, JobPoll>;
  readonly #values = new Map<string, PollLoop<Member<unknown>, undefined, unknown>>();

  constructor(client: JobClient, options: PollerOptions = {}) {
    this.#client = client;
    this.#ports = {
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      visibility: options.visibility ?? pageVisibility,
      minPushGapMs: options.minPushGapMs ?? 50,
    };
    this.#jobs = new PollLoop(jobSource(client), this.#ports);
  }

  /** How many jobs, lists and activities are being read: 0 when nobody observes. */
  get size(): number {
    return this.#jobs.size + this.#values.size;
  }

  /** Each reader has its own cursor: it gets every event after it that the job still has (P3). */
  readJob(id: string, from: JobCursor, wish: PollWish, reader: PollReader<JobPoll>): PollSeat {
    const member = new JobMember(from, wish, reader);
    const handle = this.#jobs.join(id, member);
    const job = handle.latest?.job;
    if (job !== undefined) reader.onAnswer({ job, events: [], cursor: from.cursor, missed: 0 });
    return seatOf(member, handle);
  }

  readList(filter: ListFilter, wish: PollWish, reader: PollReader<readonly JobView[]>): PollSeat {
    const key = `list ${JSON.stringify([filter.name, filter.status])}`;
    return this.#readValue(key, wish, reader, () => this.#client.list(filter));
  }

  readActivity(wish: PollWish, reader: PollReader<ActivitySnapshot>): PollSeat {
    return this.#readValue('activity', wish, reader, () => this.#client.activity());
  }

  // Lists cannot be asked for together, so each has a loop, with a single channel, for itself.
  #readValue<T>(
    key: string,
    wish: PollWish,
    reader: PollReader<T>,
    fetch: () => Promise<T>,
  ): PollSeat {
    const loop =
      this.#values.get(key) ?? new PollLoop(valueSource(this.#client, fetch), this.#ports);
    this.#values.set(key, loop);
    // A key always stands for one kind of value, that of its `fetch`.
    const member = new Member<unknown>(wish, reader as PollReader<unknown>);
    const handle = loop.join(key, member);
    if (handle.latest !== undefined) member.reader.onAnswer(handle.latest);
    const seat = seatOf(member, handle);
    return {
      ...seat,
      leave: () => {
        seat.leave();
        if (loop.size === 0 && this.#values.get(key) === loop) this.#values.delete(key);
      },
    };
  }
}

const pollers = new WeakMap<JobClient, Poller>();

/** The poller that all observers of a client share unless they are given another. */
export function sharedPoller(client: JobClient): Poller {
  const poller = pollers.get(client) ?? new Poller(client);
  pollers.set(client, poller);
  return poller;
}

interface JobAsk {
  readonly id: string;
  readonly after: number;
  readonly limit: number;
}

/** A reader in its channel. */
class Member<T> implements PollMember {
  wish: PollWish;
  readonly reader: PollReader<T>;

  constructor(wish: PollWish, reader: PollReader<T>) {
    this.wish = wish;
    this.reader = reader;
  }

  onFailure(failure: PollFailure): void {
    this.reader.onFailure(failure);
  }

  onPaused(paused: boolean): void {
    this.reader.onPaused(paused);
  }
}

class JobMember extends Member<JobPoll> {
  cursor: number;
  maxEvents: number;

  constructor(from: JobCursor, wish: PollWish, reader: PollReader<JobPoll>) {
    super(wish, reader);
    this.cursor = from.cursor;
    this.maxEvents = from.maxEvents;
  }

  /** Hands over what this member has not seen. False when the answer begins after its cursor. */
  take(ask: JobAsk, { job, events, cursor }: JobPoll): boolean {
    const before = this.cursor;
    if (before < ask.after) {
      this.reader.onAnswer({ job, events: [], cursor: before, missed: 0 });
      return false;
    }
    const fresh = this.maxEvents === 0 ? [] : events.filter(({ seq }) => seq > before);
    this.cursor = Math.max(before, cursor);
    let missed = this.cursor - before - fresh.length;
    // More is waiting than the member keeps: it goes on with the newest, and counts what it leaves out.
    const skipTo = (job?.progress?.seq ?? 0) - this.maxEvents;
    if (skipTo > this.cursor) {
      missed += skipTo - this.cursor;
      this.cursor = skipTo;
    }
    if (this.maxEvents === 0) missed = 0;
    this.reader.onAnswer({ job, events: fresh, cursor: this.cursor, missed });
    return true;
  }
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
      const behind = members.map((member) => member.take(ask, answer)).includes(false);
      const { job, events, cursor } = answer;
      if (job === undefined) return 'done';
      if (behind) return 'again';
      const ended = isTerminal(job.status);
      const isFull = ask.limit > 0 && events.length >= ask.limit && cursor > ask.after;
      // Once per interval is enough to catch up with a running job; an ended one is read to its end.
      if (isFull && cursor < (job.progress?.seq ?? 0) && (ended || !repeated)) return 'again';
      return ended ? 'done' : 'later';
    },
    watch: (id, hint) => client.watch?.(id, hint),
  };
}

function valueSource<T>(
  client: JobClient,
  fetch: () => Promise<T>,
): PollSource<Member<unknown>, undefined, unknown> {
  return {
    ask: () => undefined,
    fetch: async () => [await fetch()],
    deliver(members, _ask, answer): PollVerdict {
      for (const { reader } of members) reader.onAnswer(answer);
      return 'later';
    },
    watch: (_id, hint) => client.watch?.(undefined, hint),
  };
}

function seatOf(
  member: { wish: PollWish; maxEvents?: number },
  handle: PollHandle<unknown>,
): PollSeat {
  return {
    change(wish, maxEvents) {
      member.wish = wish;
      if (maxEvents !== undefined) member.maxEvents = maxEvents;
      handle.changed();
    },
    refetch: () => handle.refetch(),
    leave: () => handle.close(),
  };
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
export function wishOf(options: ReadOptions): PollWish {
  const { pollInterval = 1000, transport = 'auto', pollInBackground = false } = options;
  if (typeof pollInterval !== 'number' || !(pollInterval > 0)) {
    throw new OffstageError(
      'invalid_option',
      'pollInterval must be a positive number of milliseconds.',
    );
  }
  if (transport !== 'auto' && transport !== 'poll' && transport !== 'stream') {
    throw new OffstageError('invalid_option', "transport must be 'auto', 'poll' or 'stream'.");
  }
  return { intervalMs: pollInterval, background: pollInBackground, push: transport !== 'poll' };
}
