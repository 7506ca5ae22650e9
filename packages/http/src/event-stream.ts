import type { ChangeKind, Timer } from '@offstage/core';
import type { StreamHub } from './stream-hub.ts';
import type { StreamReader } from './stream-reader.ts';
import { lengthOf, type Text } from './text.ts';

/** What one stream tells. */
export interface StreamSource {
  /**
   * Called once, when someone reads. `changed` says that `next` has something, and whether it is more than
   * progress; returns the end of it.
   */
  open(changed: (kind: ChangeKind) => void): () => void;
  /**
   * The newest state of things, made when the reader asks for it; undefined when nothing is new. `isEarly`: it
   * is not the time for progress yet, which may be left out and is asked for again.
   */
  next(isEarly: boolean): Promise<StreamPart | undefined>;
}

export interface StreamPart {
  readonly text: Text;
  /** About how many bytes it makes the reader ask for besides. @default 0 */
  readonly costs?: number;
  /** There is more to tell at once. */
  readonly more?: boolean;
  /** The stream ends with this. */
  readonly last?: boolean;
}

// How long a client waits before it comes back, unless it knows better.
const reconnectMs = 2000;

// Progress that brings more than this waits for its turn, as long as a poll would at most: jobs that report ten
// thousand times a second cost a page no more bytes than if it polled.
const bytesPerMs = 16;

/**
 * Server-sent events without a queue (H3). Nothing is made until the reader asks for it, so a reader
 * that is slow, or has stopped, costs the same as one that waits: changes merely raise a flag, and
 * its next read is answered with how things are by then.
 *
 *   idle     the reader has what it asked for last, and has not asked again
 *   wanted   the reader waits; the next change, or a heartbeat, answers it
 *   making   `next` is under way for the reader that waits
 *   closed   ended, failed, stopped or too old; holds nothing
 */
export class EventStream {
  /** When something was last sent, or found not to be worth sending. For the hub. */
  touchedMs: number;
  readonly #source: StreamSource;
  readonly #hub: StreamHub;
  /** Whom it counts for. */
  readonly owner: unknown;
  readonly #endMs: number;
  #reader: StreamReader | undefined;
  #close: (() => void) | undefined;
  #gap: Timer | undefined;
  #gapEndMs = 0;
  #state: 'idle' | 'wanted' | 'making' | 'closed' = 'idle';
  #hasChanged = true;
  // More than progress.
  #isUrgent = true;
  #sentMs = -Infinity;
  // When there is room for progress again.
  #roomMs = -Infinity;

  constructor(source: StreamSource, hub: StreamHub, owner: unknown) {
    this.#source = source;
    this.owner = owner;
    this.#hub = hub;
    this.touchedMs = hub.settings.clock.monotonic();
    this.#endMs = this.touchedMs + hub.settings.maxStreamMs;
    hub.add(this);
  }

  /** The reader asks for one text. It comes now or later, unless the stream ends. */
  pull(reader: StreamReader): void {
    if (this.#state === 'closed') return;
    this.#reader = reader;
    this.#state = 'wanted';
    if (this.#close !== undefined) {
      this.#make();
      return;
    }
    try {
      this.#close = this.#source.open((kind) => {
        this.#hasChanged = true;
        if (kind === 'change') this.#isUrgent = true;
        this.#make();
      });
      this.#send(`retry: ${reconnectMs}\n\n`);
    } catch (error) {
      this.#send(this.#hub.failed(error));
      this.end();
    }
  }

  /** Nothing of it is left; the reader, if it is still there, is told so. */
  end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#gap?.cancel();
    this.#close?.();
    this.#hub.remove(this);
    this.#reader?.end();
  }

  /** Silence has lasted for a heartbeat. A reader that does not wait gets none: it would pile up. */
  pulse(nowMs: number): void {
    if (nowMs >= this.#endMs) this.end();
    else if (this.#state === 'wanted') this.#send(':\n\n');
    else this.#touch(nowMs);
  }

  #make(): void {
    if (this.#state !== 'wanted' || !this.#hasChanged) return;
    const { clock, minEventGapMs } = this.#hub.settings;
    const nowMs = clock.monotonic();
    const dueMs = Math.max(this.#sentMs + minEventGapMs, this.#isUrgent ? -Infinity : this.#roomMs);
    if (dueMs > nowMs) {
      this.#makeAt(dueMs, nowMs);
      return;
    }
    this.#gap?.cancel();
    this.#gap = undefined;
    const isEarly = nowMs < this.#roomMs;
    this.#hasChanged = isEarly;
    this.#isUrgent = false;
    this.#state = 'making';
    this.#source.next(isEarly).then(
      (part) => this.#made(part),
      (error: unknown) => {
        if (this.#state === 'making') this.#made({ text: this.#hub.failed(error), last: true });
      },
    );
  }

  #makeAt(dueMs: number, nowMs: number): void {
    if (this.#gap !== undefined && this.#gapEndMs <= dueMs) return;
    this.#gap?.cancel();
    this.#gapEndMs = dueMs;
    this.#gap = this.#hub.settings.clock.schedule(dueMs - nowMs, () => {
      this.#gap = undefined;
      this.#make();
    });
  }

  #made(part: StreamPart | undefined): void {
    if (this.#state !== 'making') return;
    this.#state = 'wanted';
    if (part === undefined) {
      this.#make();
      return;
    }
    const { text, costs = 0, more = false, last = false } = part;
    const { clock, minEventGapMs, pollIntervalMs } = this.#hub.settings;
    if (more) this.#hasChanged = true;
    // What is there already need not wait.
    this.#sentMs = more ? -Infinity : clock.monotonic();
    const paceMs = Math.min((lengthOf(text) + costs) / bytesPerMs, pollIntervalMs);
    // Who wants no gap at all gets all that the reader takes.
    const quietMs = minEventGapMs === 0 ? 0 : paceMs;
    this.#roomMs = Math.max(more ? -Infinity : this.#roomMs, this.#sentMs + quietMs);
    this.#send(text);
    if (last || this.touchedMs >= this.#endMs) this.end();
  }

  #send(text: Text): void {
    this.#touch(this.#hub.settings.clock.monotonic());
    // Before it is handed over: the reader may ask again within the call.
    this.#state = 'idle';
    this.#reader?.write(text);
  }

  #touch(nowMs: number): void {
    this.touchedMs = nowMs;
    this.#hub.touched(this);
  }
}
