import type { LogEvent } from '../api.ts';

const firstRetryMs = 500;
const maxRetryMs = 15_000;
const lockName = 'documents-log';

export interface LogReader {
  readonly onEvent: (event: LogEvent, id: string) => void;
  /** Whether what comes is what is. */
  readonly onOpen: (isOpen: boolean) => void;
}

/**
 * Follows the log at an address until it is stopped, over whatever happens to the connection.
 *
 * A browser opens six connections to a server over HTTP/1.1, for all its windows together. So one of them holds
 * a stream of the log, by a lock; the others read what is new every two seconds until it leaves, and those that
 * are hidden read nothing.
 */
export function followLog(address: string, reader: LogReader): () => void {
  let stop = (): void => undefined;
  const begin = (): void => {
    stop();
    stop =
      document.visibilityState === 'hidden' ? () => undefined : followWhileShown(address, reader);
  };
  document.addEventListener('visibilitychange', begin);
  begin();
  return () => {
    document.removeEventListener('visibilitychange', begin);
    stop();
  };
}

function followWhileShown(address: string, reader: LogReader): () => void {
  const gone = new AbortController();
  const { signal } = gone;
  let close = (): void => undefined;
  const read = (isHolder: boolean): void => {
    close();
    close = connect(address, isHolder, reader);
  };
  const hold = async (): Promise<void> => {
    if (signal.aborted) return;
    read(true);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const wait = async (): Promise<void> => {
    if (signal.aborted) return;
    read(false);
    await navigator.locks.request(lockName, { signal }, hold);
  };
  // Over plain HTTP there are no locks, but for a server on this machine.
  if (!('locks' in navigator)) read(false);
  else {
    navigator.locks
      .request(lockName, { ifAvailable: true }, async (lock) => {
        if (lock !== null) return await hold();
        // Not within this request, which holds its place as long as it lasts.
        void wait().catch(() => undefined);
      })
      .catch(() => {
        if (!signal.aborted) read(false);
      });
  }
  return () => {
    gone.abort();
    close();
  };
}

/** Reads a stream, or again and again what there is. */
function connect(address: string, isHolder: boolean, { onEvent, onOpen }: LogReader): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let hasAnswered = false;
  const open = (): void => {
    source = new EventSource(isHolder ? address : `${address}?follow=0`);
    source.onmessage = ({ data, lastEventId }) => onEvent(JSON.parse(data), lastEventId);
    source.onopen = () => {
      failures = 0;
      hasAnswered = true;
      onOpen(true);
    };
    source.onerror = () => {
      // An answer that has ended is read again by itself.
      if (isHolder || !hasAnswered) onOpen(false);
      hasAnswered = false;
      // A browser gives up for good on an answer that is no stream, such as a proxy's 502.
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, Math.min(firstRetryMs * 2 ** failures, maxRetryMs));
      failures += 1;
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
