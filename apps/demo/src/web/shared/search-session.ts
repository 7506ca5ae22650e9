import type { Api, ApiError, SearchAnswer } from '../api.ts';
import { asApiError } from './resource.ts';
import { mayGoOn, noSearch, type SearchAsk } from './search-ask.ts';
import { Store } from './store.ts';

export interface SearchState {
  readonly ask: SearchAsk;
  /** The last answer, shown until the next one comes. */
  readonly answer: SearchAnswer | undefined;
  /** What `answer` answered. */
  readonly answered: SearchAsk;
  readonly isSearching: boolean;
  readonly error: ApiError | undefined;
}

const typingMs = 80;
const pageSize = 10;

const nothing: Omit<SearchState, 'ask'> = {
  answer: undefined,
  answered: noSearch,
  isSearching: false,
  error: undefined,
};

/**
 * Search as one types: one request at a time, the one before is given up (and with it what the server
 * does for it), and none is heard that a later one overtook.
 */
export class SearchSession extends Store<SearchState> {
  readonly #api: Api;
  #request = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    super({ ...nothing, ask: noSearch });
    this.#api = api;
  }

  readonly look = (ask: SearchAsk): void => {
    if (isSame(ask, this.get().ask)) return;
    this.patch({ ask });
    clearTimeout(this.#timer);
    this.#request.abort();
    if (ask.query.trim() === '') this.patch(nothing);
    else {
      this.patch({ isSearching: true });
      this.#timer = setTimeout(this.again, ask.isTyped ? typingMs : 0);
    }
  };

  /** Asks once more, such as when another version has become current. */
  readonly again = (): void => {
    clearTimeout(this.#timer);
    this.#request.abort();
    if (this.get().ask.query.trim() !== '') void this.#ask();
  };

  async #ask(): Promise<void> {
    const { ask } = this.get();
    const { query, kind, folder, page } = ask;
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.patch({ isSearching: true });
    try {
      const answer = await this.#api.search(query, {
        ...{ signal, page, limit: pageSize, asTyped: mayGoOn(ask) },
        ...(kind !== '' && { kinds: [kind] }),
        ...(folder !== '' && { folder }),
      });
      if (signal.aborted) return;
      this.patch({ answer, answered: ask, isSearching: false, error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.patch({ ...nothing, error: asApiError(error) });
    }
  }
}

const isSame = (a: SearchAsk, b: SearchAsk): boolean =>
  a.query === b.query &&
  a.kind === b.kind &&
  a.folder === b.folder &&
  a.page === b.page &&
  a.isTyped === b.isTyped;
