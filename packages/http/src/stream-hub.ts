import type { Timer } from '@offstage/core';
import type { JobsHandlerSettings } from './jobs-handler-options.ts';
import { problemText, type ReportError } from './problems.ts';

/** What the hub has to know of a stream. */
export interface HubStream {
  /** When something was last sent, or found not to be worth sending. */
  readonly touchedMs: number;
  /** Whom it counts for. */
  readonly owner: unknown;
  /** Silence has lasted for a heartbeat. */
  pulse(nowMs: number): void;
}

/**
 * The open streams of one handler. One timer serves the heartbeats and the end of all of them: they
 * are kept in the order in which they were last touched, so the first is always the next that is due.
 */
export class StreamHub {
  readonly settings: JobsHandlerSettings;
  readonly #report: ReportError;
  readonly #streams = new Set<HubStream>();
  readonly #byOwner = new Map<unknown, number>();
  readonly #pulseMs: number;
  #timer: Timer | undefined;

  constructor(settings: JobsHandlerSettings, report: ReportError) {
    this.settings = settings;
    this.#report = report;
    this.#pulseMs = Math.min(settings.heartbeatMs, settings.maxStreamMs);
  }

  get isFull(): boolean {
    return this.#streams.size >= this.settings.maxStreams;
  }

  isFullFor(owner: unknown): boolean {
    return (this.#byOwner.get(owner) ?? 0) >= this.settings.maxStreamsPerOwner;
  }

  add(stream: HubStream): void {
    this.#byOwner.set(stream.owner, (this.#byOwner.get(stream.owner) ?? 0) + 1);
    this.#streams.add(stream);
    if (this.#timer === undefined) this.#schedule(this.#pulseMs);
  }

  touched(stream: HubStream): void {
    if (!this.#streams.delete(stream)) return;
    this.#streams.add(stream);
  }

  remove(stream: HubStream): void {
    if (!this.#streams.delete(stream)) return;
    const left = (this.#byOwner.get(stream.owner) ?? 0) - 1;
    if (left > 0) this.#byOwner.set(stream.owner, left);
    else this.#byOwner.delete(stream.owner);
    if (this.#streams.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The last event of a stream that cannot go on. */
  failed(error: unknown): string {
    return `event: problem\ndata: ${problemText(error, this.#report)}\n\n`;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.settings.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#pulse(this.settings.clock.monotonic());
    });
  }

  #pulse(nowMs: number): void {
    // A pulse touches its stream, which puts it behind all that are not due yet.
    for (const stream of this.#streams) {
      const inMs = stream.touchedMs + this.#pulseMs - nowMs;
      if (inMs > 0) {
        this.#schedule(inMs);
        return;
      }
      stream.pulse(nowMs);
    }
  }
}
