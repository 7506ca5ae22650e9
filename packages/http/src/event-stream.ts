import type { Timer } from '@offstage/core';
import type { StreamHub } from './stream-hub.ts';
import type { StreamReader } from './stream-reader.ts';

/** What one stream tells. */
export interface StreamSource {
  /** Called once, when someone reads. `changed` says that `next` has something; returns the end of it. */
  open(changed: () => void): () => void;
  /** The newest state of things, made when the reader asks for it; undefined when nothing is new. */
  next(): Promise<StreamPart | undefined>;
}

export interface StreamPart {
  readonly text: string;
  /** There is more to tell at once. */
  readonly more?: boolean;
  /** The stream ends with this. */
  readonly last?: boolean;
}

// How long a client waits before it comes back, unless it knows better.
const reconnectMs = 2000;

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
  #state: 'idle' | 'wanted' | 'making' | 'closed' = 'idle';
  #hasChanged = true;
  #sentMs = -Infinity;

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
      this.#close = this.#source.open(() => {
        this.#hasChanged = true;
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
    if (this.#state !== 'wanted' || !this.#hasChanged || this.#gap !== undefined) return;
    const { clock, minEventGapMs } = this.#hub.settings;
    const waitMs = this.#sentMs + minEventGapMs - clock.monotonic();
    if (waitMs > 0) {
      this.#gap = clock.schedule(waitMs, () => {
        this.#gap = undefined;
        this.#make();
      });
      return;
    }
    this.#hasChanged = false;
    this.#state = 'making';
    this.#source.next().then(
      (part) => this.#made(part),
      (error: unknown) => {
        if (this.#state === 'making') this.#made({ text: this.#hub.failed(error), last: true });
      },
    );
  }

  #made(part: StreamPart | undefined): void {
    if (this.#state !== 'making') return;
    this.#state = 'wanted';
    if (part === undefined) {
      this.#make();
      return;
    }
    const { text, more = false, last = false } = part;
    if (more) this.#hasChanged = true;
    // What is there already need not wait.
    this.#sentMs = more ? -Infinity : this.#hub.settings.clock.monotonic();
    this.#send(text);
    if (last || this.touchedMs >= this.#endMs) this.end();
  }

  #send(text: string): void {
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
