import type { Clock, Timer } from '@offstage/core';

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

export interface StreamPorts {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly minEventGapMs: number;
  readonly maxStreamMs: number;
  /** Of the request: when it aborts, all is released. */
  readonly signal: AbortSignal;
  /** The last event of a stream whose source failed. */
  readonly failed: (error: unknown) => string;
  /** Called once, when nothing is held any more. */
  readonly released: () => void;
}

// How long a client waits before it comes back, unless it knows better.
const reconnectMs = 2000;
const encoder = new TextEncoder();

/**
 * Server-sent events without a queue (H3). Nothing is made until the reader asks for it, so a reader
 * that is slow, or has stopped, costs the same as one that waits: changes merely raise a flag, and
 * its next read is answered with how things are by then.
 *
 *   idle     the reader has what it asked for last, and has not asked again
 *   wanted   the reader waits; the next change, or a heartbeat, answers it
 *   making   `next` is under way for the reader that waits
 *   closed   ended, failed, canceled, aborted or too old; holds nothing
 */
export function eventStream(source: StreamSource, ports: StreamPorts): ReadableStream<Uint8Array> {
  return new ReadableStream(new EventStream(source, ports), { highWaterMark: 0 });
}

class EventStream {
  readonly #source: StreamSource;
  readonly #ports: StreamPorts;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #close: (() => void) | undefined;
  #pulse: Timer | undefined;
  #gap: Timer | undefined;
  #state: 'idle' | 'wanted' | 'making' | 'closed' = 'idle';
  #hasChanged = true;
  #sentMs = Number.NEGATIVE_INFINITY;
  #endMs = 0;

  constructor(source: StreamSource, ports: StreamPorts) {
    this.#source = source;
    this.#ports = ports;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { signal } = this.#ports;
    if (signal.aborted) this.#end();
    else signal.addEventListener('abort', this.#end, { once: true });
  }

  pull(): void {
    if (this.#state === 'closed') return;
    this.#state = 'wanted';
    if (this.#close !== undefined) {
      this.#make();
      return;
    }
    try {
      this.#open();
      this.#send(`retry: ${reconnectMs}\n\n`);
    } catch (error) {
      this.#send(this.#ports.failed(error));
      this.#end();
    }
  }

  cancel(): void {
    this.#release();
  }

  #open(): void {
    const { clock, maxStreamMs } = this.#ports;
    this.#endMs = clock.now() + maxStreamMs;
    this.#close = this.#source.open(() => {
      this.#hasChanged = true;
      this.#make();
    });
    this.#schedulePulse();
  }

  #make(): void {
    if (this.#state !== 'wanted' || !this.#hasChanged || this.#gap !== undefined) return;
    const { clock, minEventGapMs } = this.#ports;
    const waitMs = this.#sentMs + minEventGapMs - clock.now();
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
        if (this.#state === 'making') this.#made({ text: this.#ports.failed(error), last: true });
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
    if (part.more === true) this.#hasChanged = true;
    this.#sentMs = part.more === true ? Number.NEGATIVE_INFINITY : this.#ports.clock.now();
    this.#send(part.text);
    if (part.last === true) this.#end();
  }

  #send(text: string): void {
    // Before it is handed over: the reader may ask again within the call.
    this.#state = 'idle';
    this.#controller?.enqueue(encoder.encode(text));
  }

  #schedulePulse(): void {
    const { clock, heartbeatMs } = this.#ports;
    const now = clock.now();
    const dueMs = this.#sentMs + heartbeatMs > now ? this.#sentMs + heartbeatMs : now + heartbeatMs;
    this.#pulse = clock.schedule(Math.min(dueMs, this.#endMs) - now, () => this.#onPulse());
  }

  #onPulse(): void {
    const { clock, heartbeatMs } = this.#ports;
    const now = clock.now();
    if (now >= this.#endMs) {
      this.#end();
      return;
    }
    // A reader that does not wait gets none: it would only pile up.
    if (this.#state === 'wanted' && now - this.#sentMs >= heartbeatMs) {
      this.#sentMs = now;
      this.#send(':\n\n');
    }
    this.#schedulePulse();
  }

  readonly #end = (): void => {
    if (this.#state === 'closed') return;
    this.#release();
    this.#controller?.close();
  };

  #release(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#pulse?.cancel();
    this.#gap?.cancel();
    this.#ports.signal.removeEventListener('abort', this.#end);
    this.#close?.();
    this.#ports.released();
  }
}
