import { ApiError } from '../api.ts';
import { Store } from './store.ts';

export interface ResourceState<T> {
  /** The last good answer; stays while later looks fail. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
}

export interface ResourceOptions<T> {
  /** Milliseconds between two looks, also depending on what was seen. @default none: only `refetch` */
  readonly intervalMs?: ((data: T | undefined) => number) | undefined;
  /** After each look. */
  readonly onLook?: ((error: ApiError | undefined) => void) | undefined;
}

const firstBackoffMs = 1000;
const maxBackoffMs = 15_000;

/**
 * Something that the server knows, looked at again and again while someone subscribes and the page is
 * visible. Looks never overlap; failures wait twice as long each time.
 */
export class Resource<T> extends Store<ResourceState<T>> {
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #options: ResourceOptions<T>;
  #watching = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #look: AbortController | undefined;
  #again = false;
  #failures = 0;
  #text = '';
  readonly #waiting: (() => void)[] = [];

  constructor(read: (signal: AbortSignal) => Promise<T>, options: ResourceOptions<T> = {}) {
    super({ data: undefined, error: undefined }, () => this.#watch());
    this.#read = read;
    this.#options = options;
  }

  /** Looks now, or once more after the look that is under way. */
  readonly refetch = (): void => {
    if (this.#look !== undefined) this.#again = true;
    else void this.#lookNow();
  };

  /** What is known, or else what the next look brings; undefined when that fails. */
  readonly first = async (): Promise<T | undefined> => {
    const { data } = this.get();
    if (data !== undefined) return data;
    this.refetch();
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.get().data));
    });
  };

  #watch(): () => void {
    this.#watching = true;
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') this.refetch();
    };
    document.addEventListener('visibilitychange', onVisible);
    window.addEventListener('online', this.refetch);
    this.refetch();
    return () => {
      this.#watching = false;
      clearTimeout(this.#timer);
      this.#look?.abort();
      document.removeEventListener('visibilitychange', onVisible);
      window.removeEventListener('online', this.refetch);
    };
  }

  async #lookNow(): Promise<void> {
    clearTimeout(this.#timer);
    const look = new AbortController();
    this.#look = look;
    this.#again = false;
    try {
      const data = await this.#read(look.signal);
      this.#failures = 0;
      this.#show(data);
      this.#options.onLook?.(undefined);
    } catch (error) {
      if (!look.signal.aborted) {
        this.#failures += 1;
        const known = asApiError(error);
        this.patch({ error: known });
        this.#options.onLook?.(known);
      }
    }
    this.#look = undefined;
    for (const tell of this.#waiting.splice(0)) tell();
    if (this.#again && this.#watching) void this.#lookNow();
    else this.#plan();
  }

  // Answers come fresh with every look, so identity tells nothing.
  #show(data: T): void {
    const text = JSON.stringify(data);
    const isSame = this.get().data !== undefined && text === this.#text;
    this.#text = text;
    if (!isSame) this.set({ data, error: undefined });
    else if (this.get().error !== undefined) this.patch({ error: undefined });
  }

  #plan(): void {
    const { intervalMs } = this.#options;
    if (!this.#watching || document.visibilityState === 'hidden') return;
    if (intervalMs === undefined && this.#failures === 0) return;
    const wait =
      this.#failures === 0
        ? (intervalMs?.(this.get().data) ?? maxBackoffMs)
        : Math.min(firstBackoffMs * 2 ** (this.#failures - 1), maxBackoffMs);
    this.#timer = setTimeout(() => this.refetch(), wait);
  }
}

/** Whatever was thrown, as something to show. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('unavailable', 'Something went wrong on the way. Try again.', 0, {
    cause: error,
  });
}
