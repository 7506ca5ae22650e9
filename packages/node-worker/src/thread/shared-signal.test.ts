import { JobCanceledError } from '@offstage/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createBlock, headerBytes, word } from '../shared/block.ts';
import { SharedSignal } from './shared-signal.ts';

const task = 3;

function sharedSignal(): { readonly signal: AbortSignal; stop(): void } {
  const words = new Int32Array(createBlock(), 0, headerBytes / 4);
  const { signal } = new SharedSignal(words, task);
  return { signal, stop: () => Atomics.store(words, word.stop, task * 4 + 1) };
}

test.each(['aborted', 'throwIfAborted'] as const)(
  'W2 a runtime that asks the signal for %s while it aborts it is told, and goes on',
  (asked) => {
    // What Deno's controller does before it aborts.
    const abort = AbortController.prototype.abort;
    const spy = vi.spyOn(AbortController.prototype, 'abort');
    spy.mockImplementation(function (this: AbortController, reason: unknown) {
      if (asked === 'throwIfAborted') this.signal.throwIfAborted();
      if (this.signal.aborted) return;
      abort.call(this, reason);
    });
    onTestFinished(() => spy.mockRestore());
    const { signal, stop } = sharedSignal();
    let seen: boolean | undefined;
    signal.addEventListener('abort', () => {
      seen = signal.aborted;
    });
    expect(signal.aborted).toBe(false);
    stop();
    expect(signal.aborted).toBe(true);
    expect(seen).toBe(true);
    expect(signal.reason).toBeInstanceOf(JobCanceledError);
    expect(() => signal.throwIfAborted()).toThrow(JobCanceledError);
  },
);
