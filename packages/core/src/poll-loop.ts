import { backoffMs, retryAfterMs } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { OffstageError } from './errors.ts';
import type { Visibility } from './visibility.ts';

/** How one member wants its channel to be read. */
export interface PollWish {
  /** Milliseconds from the end of one poll to the next. */
  readonly intervalMs: number;
  /** Read also while the page is hidden. */
  readonly background: boolean;
  /** Read on hints alone, where the source gives hints. */
  readonly push: boolean;
}

export interface PollFailure {
  readonly error: OffstageError;
  /** Failures in a row. */
  readonly failureCount: number;
  /** No further poll comes by itself: the client may not see this any more. */
  readonly stopped: boolean;
}

export interface PollMember {
  readonly wish: PollWish;
  onFailure(failure: PollFailure): void;
  /** The page was hidden (and nobody reads in the background), or shows again. */
  onPaused(paused: boolean): void;
}

/** What becomes of a channel after an answer. */
export type PollVerdict =
  /** Poll again after the interval. */
  | 'later'
  /** Poll again at once: the answer did not hold all. */
  | 'again'
  /** Nothing can change any more. */
  | 'done';

/** What a loop reads. */
export interface PollSource<Member extends PollMember, Ask, Answer> {
  ask(id: string, members: readonly Member[]): Ask;
  /** One request for all asks; answers come in their order. */
  fetch(asks: readonly Ask[]): Promise<readonly Answer[]>;
  /** Hands the answer to the members. `repeated`: the poll before this one ended in 'again'. */
  deliver(members: readonly Member[], ask: Ask, answer: Answer, repeated: boolean): PollVerdict;
  /** Calls `hint` after changes of a channel; undefined where the source cannot. */
  watch?(id: string, hint: () => void): (() => void) | undefined;
}

export interface PollLoopPorts {
  readonly clock: Clock;
  /** 0 to 1, for the jitter of the backoff. */
  readonly random: () => number;
  readonly visibility: Visibility;
  /** The least time between two polls of one channel that hints asked for. */
  readonly minPushGapMs: number;
}

export interface PollHandle<Answer> {
  /** What the channel's members saw last, for one who comes later. */
  readonly latest: Answer | undefined;
  /** After the member's wish changed. */
  changed(): void;
  /** Polls now: also while hidden, backing off or stopped. Resolves when that poll has ended. */
  refetch(): Promise<void>;
  close(): void;
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
 *   hinted   when its source saw a change; due at once, but not before the gap since its last poll;
 *   forced   when someone asked by hand; passes every gate below;
 *   paused   while the page is hidden and no member reads in the background;
 *   stopped  after 'done', or when access was refused; ends with a new member or by force.
 * After a failure the whole loop waits (the gate), for it is the connection that failed.
 *
 * The loop holds nothing while it has no member: no timer, no listener, no channel.
 */
export class PollLoop<Member extends PollMember, Ask, Answer> {
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
  join(id: string, member: Member): PollHandle<Answer> {
    if (this.#channels.size === 0) {
      this.#unsubscribeVisibility = this.#ports.visibility.subscribe(() => this.#onVisibility());
    }
    const channel = this.#channels.get(id) ?? new Channel<Member, Answer>(id);
    this.#channels.set(id, channel);
    channel.members.add(member);
    channel.stopped = false;
    channel.joined = true;
    channel.dueMs = this.#ports.clock.now();
    this.#refresh(channel);
    this.#wakeSoon();
    member.onPaused(channel.paused);
    // Whoever comes while the connection is down learns so now, and not with the next try.
    if (this.#failure !== undefined && this.#gateMs > channel.dueMs)
      member.onFailure(this.#failure);
    return {
      latest: channel.latest,
      changed: () => {
        if (!channel.members.has(member)) return;
        this.#refresh(channel);
        const { dueMs, endedMs, intervalMs } = channel;
        if (Number.isFinite(intervalMs)) channel.dueMs = Math.min(dueMs, endedMs + intervalMs);
        this.#wakeSoon();
      },
      refetch: () =>
        new Promise((resolve) => {
          if (!channel.members.has(member)) {
            resolve();
            return;
          }
          channel.forced = true;
          channel.waiters.push(resolve);
          this.#wakeSoon();
        }),
      close: () => this.#leave(channel, member),
    };
  }

  #leave(channel: Channel<Member, Answer>, member: Member): void {
    if (!channel.members.delete(member)) return;
    if (channel.members.size > 0) {
      this.#refresh(channel);
      return;
    }
    this.#channels.delete(channel.id);
    channel.stopWatching?.();
    channel.stopWatching = undefined;
    for (const resolve of channel.waiters.splice(0)) resolve();
    if (this.#channels.size > 0) return;
    this.#unsubscribeVisibility?.();
    this.#unsubscribeVisibility = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // Brings what follows from the members up to date: watching, interval and pause.
  #refresh(channel: Channel<Member, Answer>): void {
    const wishes = [...channel.members].map(({ wish }) => wish);
    const wantsHints = !channel.stopped && wishes.some(({ push }) => push);
    if (!wantsHints) {
      channel.stopWatching?.();
      channel.stopWatching = undefined;
    } else if (channel.stopWatching === undefined) {
      channel.stopWatching = this.#watch(channel);
    }
    const hints = channel.stopWatching !== undefined;
    channel.intervalMs = Math.min(
      ...wishes.map(({ push, intervalMs }) =>
        push && hints ? Number.POSITIVE_INFINITY : intervalMs,
      ),
    );
    const paused =
      this.#ports.visibility.isHidden() && !wishes.some(({ background }) => background);
    if (paused === channel.paused) return;
    channel.paused = paused;
    // Who looks again wants to see what is, not what was (U3).
    if (!paused) channel.dueMs = this.#ports.clock.now();
    for (const member of [...channel.members]) member.onPaused(paused);
    this.#wakeSoon();
  }

  #watch(channel: Channel<Member, Answer>): (() => void) | undefined {
    try {
      return this.#source.watch?.(channel.id, () => {
        channel.hinted = true;
        this.#wakeSoon();
      });
    } catch {
      // What cannot be pushed is polled; if the reason is a lasting one, the poll tells it.
      return undefined;
    }
  }

  #onVisibility(): void {
    if (!this.#ports.visibility.isHidden()) this.#gateMs = this.#serverGateMs;
    for (const channel of [...this.#channels.values()]) this.#refresh(channel);
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
    this.#timer = undefined;
    if (this.#inFlight) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels.values()) nextMs = Math.min(nextMs, this.#timeOf(channel));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#ports.clock.now();
    if (nextMs <= nowMs) void this.#poll(this.#takeBatch(nowMs));
    else this.#timer = this.#ports.clock.schedule(nextMs - nowMs, () => this.#wake());
  }

  #timeOf(channel: Channel<Member, Answer>): number {
    if (channel.forced) return Number.NEGATIVE_INFINITY;
    if (channel.stopped || channel.paused) return Number.POSITIVE_INFINITY;
    const { dueMs, endedMs, hinted } = channel;
    const timeMs = hinted ? Math.min(dueMs, endedMs + this.#ports.minPushGapMs) : dueMs;
    return Math.max(timeMs, this.#gateMs);
  }

  #takeBatch(nowMs: number): Channel<Member, Answer>[] {
    const batch: Channel<Member, Answer>[] = [];
    const early: { readonly channel: Channel<Member, Answer>; readonly aheadMs: number }[] = [];
    let longestMs = 0;
    for (const channel of this.#channels.values()) {
      const aheadMs = this.#timeOf(channel) - nowMs;
      if (aheadMs <= 0) {
        batch.push(channel);
        if (Number.isFinite(channel.intervalMs)) {
          longestMs = Math.max(longestMs, channel.intervalMs);
        }
      } else {
        early.push({ channel, aheadMs });
      }
    }
    for (const { channel, aheadMs } of early) {
      if (aheadMs <= Math.min(channel.intervalMs, longestMs) / 2) batch.push(channel);
    }
    return batch.slice(0, maxBatch);
  }

  async #poll(batch: readonly Channel<Member, Answer>[]): Promise<void> {
    this.#inFlight = true;
    const waiters = batch.flatMap((channel) => {
      channel.forced = false;
      channel.hinted = false;
      return channel.waiters.splice(0);
    });
    const asked = batch.map((channel) => ({
      channel,
      ask: this.#source.ask(channel.id, [...channel.members]),
    }));
    let answers: readonly Answer[] = [];
    let error: OffstageError | undefined;
    try {
      answers = await this.#source.fetch(asked.map(({ ask }) => ask));
      if (answers.length !== batch.length || answers.includes(undefined as Answer)) {
        throw new OffstageError(
          'invalid_response',
          `The job client was asked for ${batch.length} answers and did not give that many.`,
        );
      }
    } catch (cause) {
      error = toOffstageError(cause);
    }
    this.#inFlight = false;
    const endedMs = this.#ports.clock.now();
    for (const channel of batch) channel.endedMs = endedMs;
    // Whoever left meanwhile is gone; a channel that came back under the same id is another one.
    const present = ({ channel }: { readonly channel: Channel<Member, Answer> }): boolean =>
      this.#channels.get(channel.id) === channel;
    if (error !== undefined) {
      const failed = asked.filter(present).map(({ channel }) => channel);
      this.#onFailure(failed, error, endedMs);
    } else {
      this.#failure = undefined;
      this.#gateMs = 0;
      this.#serverGateMs = 0;
      for (const [index, answer] of answers.entries()) {
        const entry = asked[index];
        if (entry === undefined || !present(entry)) continue;
        this.#onAnswer(entry.channel, entry.ask, answer, endedMs);
      }
    }
    for (const resolve of waiters) resolve();
    this.#wake();
  }

  #onAnswer(channel: Channel<Member, Answer>, ask: Ask, answer: Answer, endedMs: number): void {
    channel.latest = answer;
    channel.joined = false;
    const told = this.#source.deliver([...channel.members], ask, answer, channel.repeated);
    // Who joined because of this answer, from within a callback, has not seen it.
    const verdict = channel.joined ? 'again' : told;
    channel.repeated = verdict === 'again';
    channel.stopped = verdict === 'done';
    this.#refresh(channel);
    channel.dueMs = verdict === 'again' ? endedMs : endedMs + channel.intervalMs;
  }

  #onFailure(
    batch: readonly Channel<Member, Answer>[],
    error: OffstageError,
    endedMs: number,
  ): void {
    const stopped = error.code === 'unauthorized' || error.code === 'forbidden';
    const failureCount = (this.#failure?.failureCount ?? 0) + 1;
    const failure = { error, failureCount, stopped };
    if (!stopped) {
      const intervals = batch.map((channel) => channel.intervalMs).filter(Number.isFinite);
      const intervalMs = intervals.length === 0 ? pushedRetryMs : Math.min(...intervals);
      const askedMs = retryAfterMs(error.details);
      const waitMs = backoffMs(intervalMs, failureCount, this.#ports.random());
      this.#failure = failure;
      this.#serverGateMs = endedMs + askedMs;
      this.#gateMs = endedMs + Math.max(waitMs, askedMs);
    }
    for (const channel of batch) {
      channel.stopped = stopped;
      channel.dueMs = this.#gateMs;
      for (const member of [...channel.members]) member.onFailure(failure);
      this.#refresh(channel);
    }
  }
}

class Channel<Member, Answer> {
  readonly id: string;
  readonly members = new Set<Member>();
  readonly waiters: (() => void)[] = [];
  stopWatching: (() => void) | undefined;
  intervalMs = Number.POSITIVE_INFINITY;
  dueMs = 0;
  endedMs = Number.NEGATIVE_INFINITY;
  hinted = false;
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

/** What a client that is no good citizen threw, as a coded error. */
export function toOffstageError(error: unknown): OffstageError {
  if (OffstageError.isInstance(error)) return error;
  return new OffstageError('unavailable', 'The jobs could not be reached.', { cause: error });
}
