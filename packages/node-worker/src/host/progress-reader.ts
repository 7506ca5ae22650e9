import type { Clock, Timer } from '@offstage/core';
import {
  type JobHost,
  type ReportedProgress,
  repairMessage,
  repairPercent,
} from '@offstage/core/engine';
import {
  type Block,
  headerBytes,
  slot,
  slotBytes,
  slotCount,
  slotMargin,
  word,
} from '../shared/block.ts';

/**
 * How long the host goes on looking by itself after it was rung, so that a flood costs it one short
 * look per interval and no message at all. The first report after a pause is seen at once.
 */
export const lookIntervalMs = 8;

/** The host's end of the progress channel (W3). */
export class ProgressReader {
  readonly #words: Int32Array;
  readonly #shared: Uint8Array;
  // Slots are copied here before they are read: a fast thread would overwrite them meanwhile.
  readonly #bytes = new Uint8Array(slotCount * slotBytes);
  readonly #ints = new Int32Array(this.#bytes.buffer);
  readonly #floats = new Float64Array(this.#bytes.buffer);
  readonly #units = new Uint16Array(this.#bytes.buffer);
  readonly #clock: Clock;
  #task = 0;
  #head = 0;
  #malformed = 0;
  #limit = slotCount;
  #phases: readonly string[] = [];
  #host: JobHost | undefined;
  #timer: Timer | undefined;

  constructor(block: Block, clock: Clock) {
    this.#words = new Int32Array(block, 0, headerBytes / 4);
    this.#shared = new Uint8Array(block, headerBytes);
    this.#clock = clock;
  }

  begin(task: number, phases: readonly string[], capacity: number, host: JobHost): void {
    this.#task = task;
    this.#head = 0;
    this.#malformed = 0;
    this.#limit = Math.max(1, Math.min(capacity, slotCount - slotMargin));
    this.#phases = phases;
    this.#host = host;
  }

  /** The thread rang. */
  onKnock(): void {
    if (this.#timer !== undefined) return;
    this.drain();
    this.#lookLater();
  }

  /** Everything reported until now is handed over (P5). */
  end(): void {
    this.drain();
    this.#host = undefined;
  }

  close(): void {
    this.#timer?.cancel();
    this.#host = undefined;
  }

  /** True when there was something new. */
  drain(): boolean {
    const words = this.#words;
    const host = this.#host;
    if (host === undefined || Atomics.load(words, word.run) !== this.#task) return false;
    const malformed = Atomics.load(words, word.malformed);
    const newlyMalformed = (malformed - this.#malformed) >>> 0;
    this.#malformed = malformed;
    const head = Atomics.load(words, word.head);
    const fresh = (head - this.#head) >>> 0;
    this.#head = head;
    if (fresh > 0) this.#deliver(host, head, Math.min(fresh, this.#limit));
    if (newlyMalformed > 0) host.dropped(newlyMalformed);
    return fresh > 0 || newlyMalformed > 0;
  }

  #deliver(host: JobHost, head: number, count: number): void {
    this.#copy(head, count);
    // A read that is also a write: the copies above come before it on every processor.
    const written = Atomics.add(this.#words, word.head, 0);
    const overwritten = ((written - head) >>> 0) + count - (slotCount - slotMargin);
    for (let back = count - 1 - Math.max(0, overwritten); back >= 0; back--) {
      host.progress(this.#eventIn(indexOf(head - back)));
    }
  }

  #copy(head: number, count: number): void {
    const first = indexOf(head - count + 1);
    const end = first + count;
    this.#copySlots(first, Math.min(end, slotCount));
    if (end > slotCount) this.#copySlots(0, end - slotCount);
  }

  #copySlots(first: number, end: number): void {
    const from = first * slotBytes;
    this.#bytes.set(this.#shared.subarray(from, end * slotBytes), from);
  }

  #eventIn(index: number): ReportedProgress {
    const float = (index * slotBytes) / 8;
    const int = (index * slotBytes) / 4;
    const unit = (index * slotBytes) / 2 + slot.messageU16;
    const length = this.#ints[int + slot.lengthI32] ?? 0;
    return {
      seq: this.#floats[float + slot.seqF64] ?? 0,
      at: this.#floats[float + slot.atF64] ?? 0,
      phase: this.#phases[this.#ints[int + slot.phaseI32] ?? 0] ?? '',
      percent: repairPercent(this.#floats[float + slot.percentF64]),
      message:
        length === 0
          ? ''
          : repairMessage(String.fromCharCode(...this.#units.subarray(unit, unit + length))),
    };
  }

  #lookLater(): void {
    this.#timer = this.#clock.schedule(lookIntervalMs, () => {
      this.#timer = undefined;
      if (this.drain()) {
        this.#lookLater();
        return;
      }
      Atomics.store(this.#words, word.knock, 0);
      // What was reported just before the knock was free again rang nobody.
      if (this.drain() && Atomics.exchange(this.#words, word.knock, 1) === 0) this.#lookLater();
    });
  }
}

const indexOf = (seq: number): number => (seq >>> 0) % slotCount;
