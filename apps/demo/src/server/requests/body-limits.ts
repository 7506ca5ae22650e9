import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  /** The whole body has to be there after this, in milliseconds. */
  readonly maxMs: number;
  /** Looked at over each `windowMs`. */
  readonly minBytesPerSecond: number;
  readonly windowMs: number;
}

/**
 * Ends a request whose body comes too slowly: a connection that brings a byte now and then is never
 * idle, and would be held for as long as its client likes (D12). Called for every request; one without
 * a body is complete before the first look.
 */
export function limitBody(incoming: IncomingMessage, limits: BodyLimits, onSlow: () => void): void {
  const { maxMs, minBytesPerSecond, windowMs } = limits;
  const { socket } = incoming;
  let before = socket.bytesRead;
  const end = (): void => {
    clearInterval(window);
    clearTimeout(whole);
    incoming.off('end', end).off('close', end);
  };
  const cut = (): void => {
    if (!incoming.complete) onSlow();
    end();
  };
  const window = setInterval(() => {
    const now = socket.bytesRead;
    const wanted = (minBytesPerSecond * windowMs) / 1000;
    if (incoming.complete || now - before < wanted) cut();
    before = now;
  }, windowMs).unref();
  const whole = setTimeout(cut, maxMs).unref();
  incoming.on('end', end).on('close', end);
}

/** Whether a part of a body is still to come: the next request of its connection cannot be told from it. */
export function isUnread({ complete, headers }: IncomingMessage): boolean {
  // A request without a body is not complete yet while it is being handed over.
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return !complete && (encoding !== undefined || length !== '0');
}
