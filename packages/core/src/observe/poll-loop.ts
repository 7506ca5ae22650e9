import { backoffMs, retryAfterMs } from '../foundation/backoff.ts';
import type { Clock, Timer } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import type { ChangeKind, JobPoll } from '../jobs/job-client.ts';
import type { Visibility } from './visibility.ts';

/** How one member wants its channel to be read. */
export interface PollTiming {
  /** Milliseconds from the end of one poll to the next. */
  readonly intervalMs: number;
  /** Read also while the page is hidden. */
  readonly background: boolean;
  /** Read on hints alone, where and while the source gives hints. */
  readonly push: boolean;
}

export interface PollFailure {
  readonly error: OffstageError;
  /** Failures in a row. */
  readonly failureCount: number;
  /** No further poll comes by itself: the client may not see this any more. */
  readonly stopped: boolean;
}

/** Who reads through a loop. Every call is about the channel that the reader joined. */
export interface PollReader<Answer> {
  onAnswer(answer: Answer): void;
  /** `isOld`: it failed before this reader came. */
  onFailure(failure: PollFailure, isOld: boolean): void;
  /** The page was hidden (and nobody reads in the background), or shows again. */
  onPaused(paused: boolean): void;
}

/** A reader in its channel. */
export interface PollMember<Answer> {
  timing: PollTiming;
  reader: PollReader<Answer>;
}

/** What becomes of a channel after an answer. */
export type PollVerdict =
  /** Poll again after the interval. */
  | 'later'
  /** Poll again at once: the answer did not hold all. */
  | 'again'
  /** Nothing can change any more. */
  | 'done';

/** What a hint brought along, as an answer to this. */
export interface Pushed<Ask, Answer> {
  readonly ask: Ask;
  readonly answer: Answer;
}

/** What a loop reads. */
export interface PollSource<Member extends PollMember<Answer>, Ask, Answer> {
  ask(id: string, members: readonly Member[]): Ask;
  /** One request for all asks; answers come in their order. */
  fetch(asks: readonly Ask[]): Promise<readonly Answer[]>;
  /** Hands the answer to the members. `repeated`: the poll before this one ended in 'again'. */
  deliver(members: readonly Member[], ask: Ask, answer: Answer, repeated: boolean): PollVerdict;
  /** What the hint brought is all there is to read now; undefined where it has to be asked for. */
  pushed(
    members: readonly Member[],
    latest: Answer | undefined,
    poll: JobPoll,
  ): Pushed<Ask, Answer> | undefined;
  /** As `JobClient.watch`, of one channel; undefined where the source cannot. */
  watch(
    id: string,
    hint: (kind?: ChangeKind, poll?: JobPoll) => void,
    onPush: (isPushed: boolean) => void,
  ): (() => void) | undefined;
  /** Each look costs a request, and hints may keep coming: they are answered at growing gaps (F7). */
  readonly calms?: boolean;
}

export interface PollLoopPorts {
  readonly clock: Clock;
  /** 0 to 1, for the jitter of the backoff. */
  readonly random: () => number;
  readonly visibility: Visibility;
  /** The least time between two polls of one channel that hints asked for. */
  readonly minPushGapMs: number;
}

/** A member's place in a loop. */
export interface PollSubscription<Member, Answer> {
  /** What the channel's members saw last, for one who comes later. */
  readonly latest: Answer | undefined;
  /** Changes what the member wants. */
  change(change: Partial<Member>): void;
  /**
   * Polls now: also while hidden, backing off or stopped. Resolves when that poll has ended,
   * whatever it brought; never rejects.
   */
  refetch(): Promise<void>;
  leave(): void;
}

/** At most this many channels travel in one request. */
export const maxBatch = 1000;

// How long a pushed channel, which has no interval of its own, waits after its first failure: twice this.
const pushedRetryMs = 1000;

/**
 * One loop for many channels. At most one request is in flight, and it carries every channel that is
 * due. Channels of like intervals drift together: a request takes along what would fall due within
 * half of the shorter interval, so a thousand observers that came one by one cost one request per
 * interval soon after.
 *
 * A channel is
 *   due      when its time has come; the time counts from the end of its last poll;
 *   hinted   when its source saw a change; due at once, but not before the gap since its last poll, which
 *            where the source calms grows up to the interval while hints keep coming;
 *   moved    when its source saw progress alone; due at once, but not before the interval since then (F7);
 *   forced   when someone asked by hand; passes every gate below;
 *   paused   while the page is hidden and no member reads in the background; it is not watched then,
 *            so that a hidden page holds no connection;
 *   stopped  after 'done', or when access was refused; ends with a new member or by force.
 * It has an interval, unless all its members want hints, and hints come.
 * After a failure the whole loop waits (the gate), for it is the connection that failed.
 *
 * The loop holds nothing while it has no member: no timer, no listener, no channel.
 */
export class PollLoop<Member extends PollMember<Answer>, Ask, Answer> {
  readonly #source: PollSource<Member, Ask, Answer>;
  readonly #ports: PollLoopPorts;
  readonly #channels = new Map<string, Channel<Member, Answer>>();
  #unsubscribeVisibility: (() => void) | undefined;
  #timer: Timer | undefined;
  #waking = false;
  #inFlight = false;
  #failure: PollFailure | undefined;
  #gateMs = 0;
  // The part of the gate that the server asked for; a page that shows again does not lift it.
  #serverGateMs = 0;

  constructor(source: PollSource<Member, Ask, Answer>, ports: PollLoopPorts) {
    this.#source = source;
    this.#ports = ports;
  }

  /** How many channels have members. */
  get size(): number {
    return this.#channels.size;
  }

  /** Joins a channel; it is polled at once, together with all that join in this task. */
  join(id: string, member: Member): PollSubscription<Member, Answer> {
    if (this.#channels.size === 0) {
      this.#unsubscribeVisibility = this.#ports.visibility.subscribe(() => this.#onVisibility());
    }
    const channel = this.#channels.get(id) ?? new Channel<Member, Answer>(id);
    const { members } = channel;
    this.#channels.set(id, channel);
    members.add(member);
    channel.stopped = false;
    channel.joined = true;
    channel.dueMs = this.#ports.clock.monotonic();
    this.#refresh(channel);
    this.#wakeSoon();
    member.reader.onPaused(channel.paused);
    // Whoever comes while the connection is down learns so now, and not with the next try.
    if (this.#failure !== undefined && this.#gateMs > channel.dueMs) {
      member.reader.onFailure(this.#failure, true);
    }
    return {
      latest: channel.latest,
      change: (change) => {
        Object.assign(member, change);
        if (members.has(member)) this.#hasten(channel);
      },
      refetch: () =>
        new Promise((resolve) => {
          if (!members.has(member)) return resolve();
          channel.forced = true;
          channel.waiters.push(resolve);
          this.#wakeSoon();
        }),
      leave: () => {
        // Also of an answer that is being handed round.
        member.reader = deaf;
        if (members.delete(member)) this.#onLeft(channel);
      },
    };
  }

  #onLeft(channel: Channel<Member, Answer>): void {
    if (channel.members.size > 0) {
      this.#refresh(channel);
      return;
    }
    this.#channels.delete(channel.id);
    stopWatching(channel);
    for (const resolve of channel.waiters) resolve();
    if (this.#channels.size > 0) return;
    this.#unsubscribeVisibility?.();
    this.#timer?.cancel();
  }

  // Brings what follows from the members up to date: pause, watching and interval.
  #refresh(channel: Channel<Member, Answer>): void {
    const timings = [...channel.members].map(({ timing }) => timing);
    const paused =
      this.#ports.visibility.isHidden() && !timings.some(({ background }) => background);
    const isWatched = !paused && !channel.stopped && timings.some(({ push }) => push);
    if (!isWatched) stopWatching(channel);
    else if (channel.stopWatching === undefined) this.#watch(channel);
    channel.shortestMs = Math.min(...timings.map(({ intervalMs }) => intervalMs));
    channel.intervalMs = Math.min(
      ...timings.map(({ push, intervalMs }) => (push && channel.pushed ? Infinity : intervalMs)),
    );
    if (paused === channel.paused) return;
    channel.paused = paused;
    // Who looks again wants to see what is, not what was (U3).
    if (!paused) channel.dueMs = this.#ports.clock.monotonic();
    for (const member of [...channel.members]) member.reader.onPaused(paused);
    this.#wakeSoon();
  }

  #watch(channel: Channel<Member, Answer>): void {
    channel.pushed = true;
    try {
      channel.stopWatching = this.#source.watch(
        channel.id,
        (kind, poll) => {
          if (poll !== undefined && this.#take(channel, poll)) return;
          channel[kind === 'progress' ? 'moved' : 'hinted'] = true;
          this.#wakeSoon();
        },
        (isPushed) => {
          channel.pushed = isPushed;
          // A connection that is back for hints is back for polls.
          if (isPushed && this.#failure !== undefined) this.#lookNow();
          if (channel.stopWatching !== undefined) this.#hasten(channel);
        },
      );
    } catch {
      // What cannot be pushed is polled; if the reason is a lasting one, the poll tells it.
    }
    channel.pushed &&= channel.stopWatching !== undefined;
  }

  // After the interval may have become shorter, or none.
  #hasten(channel: Channel<Member, Answer>): void {
    this.#refresh(channel);
    const { dueMs, endedMs, intervalMs } = channel;
    if (intervalMs < Infinity) channel.dueMs = Math.min(dueMs, endedMs + intervalMs);
    // Hints say from now on when to look; what is due already is looked at.
    else if (channel.latest !== undefined && dueMs > this.#ports.clock.monotonic()) {
      channel.dueMs = Infinity;
    }
    this.#wakeSoon();
  }

  #onVisibility(): void {
    if (!this.#ports.visibility.isHidden()) this.#lookNow();
    for (const channel of [...this.#channels.values()]) this.#refresh(channel);
  }

  #lookNow(): void {
    this.#gateMs = this.#serverGateMs;
    for (const channel of this.#channels.values()) channel.dueMs = this.#gateMs;
    this.#wakeSoon();
  }

  // Merges all that happens in one task into one look at the channels, hence into one request.
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(() => {
      this.#waking = false;
      this.#wake();
    });
  }

  #wake(): void {
    this.#timer?.cancel();
    if (this.#inFlight) return;
    let nextMs = Infinity;
    for (const channel of this.#channels.values()) nextMs = Math.min(nextMs, this.#timeOf(channel));
    if (nextMs === Infinity) return;
    const { clock } = this.#ports;
    const nowMs = clock.monotonic();
    if (nextMs <= nowMs) void this.#poll(this.#takeBatch(nowMs));
    else this.#timer = clock.schedule(nextMs - nowMs, () => this.#wake());
  }

  #timeOf(channel: Channel<Member, Answer>): number {
    const { forced, stopped, paused, hinted, moved, dueMs, endedMs, shortestMs, gapMs } = channel;
    if (forced) return -Infinity;
    if (stopped || paused) return Infinity;
    const { minPushGapMs } = this.#ports;
    const hintMs = hinted ? endedMs + Math.max(minPushGapMs, gapMs) : Infinity;
    const movedMs = moved ? endedMs + Math.max(shortestMs, minPushGapMs) : Infinity;
    return Math.max(Math.min(dueMs, hintMs, movedMs), this.#gateMs);
  }

  #takeBatch(nowMs: number): Channel<Member, Answer>[] {
    const channels = [...this.#channels.values()];
    const batch = channels.filter((channel) => this.#timeOf(channel) <= nowMs);
    const longestMs = Math.max(
      0,
      ...batch.map(({ intervalMs }) => (intervalMs < Infinity ? intervalMs : 0)),
    );
    const early = channels.filter((channel) => {
      const aheadMs = this.#timeOf(channel) - nowMs;
      return aheadMs > 0 && aheadMs <= Math.min(channel.intervalMs, longestMs) / 2;
    });
    return [...batch, ...early].slice(0, maxBatch);
  }

  async #poll(batch: readonly Channel<Member, Answer>[]): Promise<void> {
    this.#inFlight = true;
    const waiters: (() => void)[] = [];
    const asks = batch.map((channel) => {
      this.#calm(channel);
      channel.forced = channel.hinted = channel.moved = false;
      channel.asked = true;
      waiters.push(...channel.waiters.splice(0));
      return this.#source.ask(channel.id, [...channel.members]);
    });
    let answers: readonly Answer[] = [];
    let error: OffstageError | undefined;
    try {
      answers = await this.#source.fetch(asks);
      if (answers.length !== batch.length || answers.includes(undefined as Answer)) {
        throw new OffstageError('invalid_response', `${batch.length} answers were expected.`);
      }
    } catch (cause) {
      error = toOffstageError(cause);
    }
    this.#inFlight = false;
    const endedMs = this.#ports.clock.monotonic();
    for (const channel of batch) {
      channel.endedMs = endedMs;
      channel.asked = false;
    }
    // Whoever left meanwhile is gone; a channel that came back under the same id is another one.
    const present = (channel: Channel<Member, Answer>): boolean =>
      this.#channels.get(channel.id) === channel;
    if (error !== undefined) {
      this.#onFailure(batch.filter(present), error, endedMs);
    } else {
      this.#failure = undefined;
      this.#gateMs = this.#serverGateMs = 0;
      for (const [index, channel] of batch.entries()) {
        // There are as many asks and answers as channels.
        if (!present(channel)) continue;
        this.#onAnswer(channel, asks[index] as Ask, answers[index] as Answer);
        channel.dueMs = endedMs + (channel.repeated ? 0 : channel.intervalMs);
      }
    }
    for (const resolve of waiters) resolve();
    this.#wake();
  }

  /** A change alone is seen at once; of a hundred a second, each look sees many. */
  #calm(channel: Channel<Member, Answer>): void {
    if (this.#source.calms !== true) return;
    const { hinted, endedMs, gapMs, shortestMs } = channel;
    const isSoon = hinted && this.#ports.clock.monotonic() - endedMs <= shortestMs;
    channel.gapMs = isSoon
      ? Math.min(Math.max(2 * gapMs, this.#ports.minPushGapMs), shortestMs)
      : 0;
  }

  /** What a hint brought stands for a poll, unless one is under way that may bring something older. */
  #take(channel: Channel<Member, Answer>, poll: JobPoll): boolean {
    const { latest, members } = channel;
    if (channel.asked || channel.hinted || channel.forced || channel.stopped) return false;
    if (latest === undefined || this.#failure !== undefined) return false;
    const pushed = this.#source.pushed([...members], latest, poll);
    if (pushed === undefined) return false;
    // The time of the next poll counts from the last one all the same.
    this.#onAnswer(channel, pushed.ask, pushed.answer);
    this.#wakeSoon();
    return true;
  }

  #onAnswer(channel: Channel<Member, Answer>, ask: Ask, answer: Answer): void {
    channel.latest = answer;
    channel.joined = false;
    const told = this.#source.deliver([...channel.members], ask, answer, channel.repeated);
    // Who joined because of this answer, from within a callback, has not seen it.
    channel.repeated = channel.joined || told === 'again';
    channel.stopped = !channel.repeated && told === 'done';
    this.#refresh(channel);
  }

  #onFailure(
    batch: readonly Channel<Member, Answer>[],
    error: OffstageError,
    endedMs: number,
  ): void {
    const { code, details } = error;
    const stopped = code === 'unauthorized' || code === 'forbidden';
    const failureCount = (this.#failure?.failureCount ?? 0) + 1;
    const failure = { error, failureCount, stopped };
    if (!stopped) {
      const intervalMs = Math.min(...batch.map((channel) => channel.intervalMs));
      const waitMs = backoffMs(
        intervalMs < Infinity ? intervalMs : pushedRetryMs,
        failureCount,
        this.#ports.random(),
      );
      this.#failure = failure;
      this.#serverGateMs = endedMs + retryAfterMs(details);
      this.#gateMs = Math.max(endedMs + waitMs, this.#serverGateMs);
    }
    for (const channel of batch) {
      channel.stopped = stopped;
      channel.dueMs = this.#gateMs;
      for (const member of [...channel.members]) member.reader.onFailure(failure, false);
      this.#refresh(channel);
    }
  }
}

const deaf: PollReader<unknown> = { onAnswer() {}, onFailure() {}, onPaused() {} };

class Channel<Member, Answer> {
  readonly id: string;
  readonly members = new Set<Member>();
  readonly waiters: (() => void)[] = [];
  stopWatching: (() => void) | undefined;
  // It is watched, and hints come.
  pushed = false;
  intervalMs = Infinity;
  dueMs = 0;
  endedMs = -Infinity;
  hinted = false;
  // Beyond the least one, before a hint is answered.
  gapMs = 0;
  moved = false;
  // A request for it is under way.
  asked = false;
  shortestMs = Infinity;
  forced = false;
  paused = false;
  stopped = false;
  repeated = false;
  joined = false;
  latest: Answer | undefined;

  constructor(id: string) {
    this.id = id;
  }
}

function stopWatching<Member, Answer>(channel: Channel<Member, Answer>): void {
  channel.stopWatching?.();
  channel.stopWatching = undefined;
  channel.pushed = false;
}

/** What a client that is no good citizen threw, as a coded error. */
export function toOffstageError(error: unknown): OffstageError {
  return OffstageError.isInstance(error)
    ? error
    : new OffstageError('unavailable', 'The jobs could not be reached.', { cause: error });
}
