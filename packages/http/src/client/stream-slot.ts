// A browser opens six connections to a server over HTTP/1.1, for all its windows together.
const slots = 3;

/** What is looked at of the globals, also where code without a page's types reads this file. */
interface Surroundings {
  readonly location?: { readonly href: string };
  readonly navigator?: {
    readonly locks?: {
      request(
        name: string,
        options: { readonly signal: AbortSignal },
        callback: () => Promise<void>,
      ): Promise<void>;
    };
  };
}

/**
 * Calls `then` once a stream may be opened: at once, or when another window of the browser has let go
 * of its own. So the windows of an application leave each other the connections that requests need;
 * those without a stream poll. The abort of `signal` gives the place back.
 *
 * A page without locks (an insecure one, or of an old browser) cannot know of the others, and polls: six
 * windows with a stream each would keep every request waiting. A program that is no page opens its own.
 */
export function whenSlotIsFree(baseUrl: string, signal: AbortSignal, then: () => void): void {
  const { location, navigator } = globalThis as Surroundings;
  if (location === undefined) {
    then();
    return;
  }
  const { origin } = new URL(baseUrl, location.href);
  const waiting = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      waiting.abort();
      resolve();
    });
  });
  // All are asked for; the first that comes is kept, and the wait for the others ends.
  const take = async (): Promise<void> => {
    if (waiting.signal.aborted) return;
    waiting.abort();
    then();
    await aborted;
  };
  for (let slot = 0; slot < slots; slot += 1) {
    navigator?.locks
      ?.request(`offstage-stream-${slot} ${origin}`, { signal: waiting.signal }, take)
      // It was given up, or locks are denied here; then this window polls.
      .catch(() => undefined);
  }
}
