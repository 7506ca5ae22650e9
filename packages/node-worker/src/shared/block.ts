/**
 * The memory that a thread and its host share: one block per thread, used by one task after the
 * other.
 *
 * ```
 * header   run | stop | knock | head | malformed | posted (Int32 each, read and written atomically)
 * ring     128 slots of 448 bytes; report number s lies in slot s mod 128
 *   slot   seq f64 | at f64 | percent f64 | phase i32 | length i32 | message u16[200] | spare
 * ```
 *
 * - `run`: number of the task that `head` and `malformed` belong to. The thread writes it when it
 *   begins a task, so a task whose number never shows here was never begun.
 * - `stop`: number of the task to stop, times 4, plus the reason, 0 to 3. Carrying the number, it needs no
 *   reset, and a late stop can never hit the next task.
 * - `head`: the low 32 bits of the newest report's number, written after its slot. What lies before
 *   it is whole, even when the thread dies in the middle of the next slot.
 * - `knock`: 1 while a message is on its way that tells the host to look, or while the host looks by
 *   itself; the thread sends none then.
 * - `posted`: grows with every task that the host posts. A thread that has just ended one sleeps on
 *   it for a moment, which is quicker than being woken through its event loop.
 *
 * A thread that reports never waits for the host: it overwrites the oldest slot. The host copies slots first
 * and then looks at `head` again; what the thread may have overwritten meanwhile is left out, and
 * `slotMargin` covers the slot being written and the order in which writes become visible.
 */
export const word = { run: 0, stop: 1, knock: 2, head: 3, malformed: 4, posted: 5 } as const;

export const headerBytes = 64;
export const slotCount = 128;
export const slotBytes = 448;
export const slotMargin = 4;

/** Offsets within a slot, in units of the view that reads it. */
export const slot = {
  seqF64: 0,
  atF64: 1,
  percentF64: 2,
  phaseI32: 6,
  lengthI32: 7,
  messageU16: 16,
} as const;

export type Block = SharedArrayBuffer;

export const createBlock = (): Block => new SharedArrayBuffer(headerBytes + slotCount * slotBytes);

/** Task numbers fit into 29 bits beside a stop reason, and 0 is none. */
export const nextTaskNumber = (number: number): number => (number % 0x1fff_ffff) + 1;

/** In the order of their numbers in the stop word, from 0. */
export const stopReasons = ['canceled', 'timeout', 'shutdown', 'replaced'] as const;
