import { maxMessageLength, repairMessage } from '@offstage/core/engine';
import { type Block, headerBytes, slot, slotBytes, slotCount, word } from '../shared/block.ts';

/**
 * The thread's end of the progress channel (W3): writes into the shared ring, newest kept, and rings
 * the knock when nobody is looking. Costs the same however slow the host is (P1, P6).
 */
export class ProgressWriter {
  readonly #words: Int32Array;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #units: Uint16Array;
  readonly #ring: () => void;
  #seq = 0;
  #malformed = 0;

  constructor(block: Block, ring: () => void) {
    this.#words = new Int32Array(block, 0, headerBytes / 4);
    this.#ints = new Int32Array(block, headerBytes);
    this.#floats = new Float64Array(block, headerBytes);
    this.#units = new Uint16Array(block, headerBytes);
    this.#ring = ring;
  }

  /** A new task: its reports count from 1. */
  begin(task: number): void {
    this.#seq = 0;
    this.#malformed = 0;
    Atomics.store(this.#words, word.head, 0);
    Atomics.store(this.#words, word.malformed, 0);
    Atomics.store(this.#words, word.run, task);
  }

  write(phase: number, percent: unknown, message: unknown): void {
    const seq = ++this.#seq;
    const at = (seq % slotCount) * slotBytes;
    const floats = this.#floats;
    const float = at >> 3;
    floats[float + slot.seqF64] = seq;
    floats[float + slot.atF64] = Date.now();
    floats[float + slot.percentF64] = typeof percent === 'number' ? percent : Number.NaN;
    let length = 0;
    if (typeof message === 'string' && message !== '') {
      // The host repairs what survives; only what does not fit is repaired here, before the cut.
      const text = message.length > maxMessageLength ? repairMessage(message) : message;
      const units = this.#units;
      const unit = (at >> 1) + slot.messageU16;
      length = text.length;
      for (let i = 0; i < length; i++) units[unit + i] = text.charCodeAt(i);
    }
    const int = at >> 2;
    this.#ints[int + slot.phaseI32] = phase;
    this.#ints[int + slot.lengthI32] = length;
    // Last: from here on the slot counts.
    Atomics.store(this.#words, word.head, seq | 0);
    this.#ringOnce();
  }

  countMalformed(): void {
    this.#malformed = (this.#malformed + 1) | 0;
    Atomics.store(this.#words, word.malformed, this.#malformed);
    this.#ringOnce();
  }

  #ringOnce(): void {
    const words = this.#words;
    if (Atomics.load(words, word.knock) === 0 && Atomics.exchange(words, word.knock, 1) === 0) {
      this.#ring();
    }
  }
}
