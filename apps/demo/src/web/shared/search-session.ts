import type { Api, ApiError, SearchAnswer } from '../api.ts';
import { asApiError } from './resource.ts';
import { searchLimit } from './search-words.ts';
import { Store } from './store.ts';

export interface SearchState {
  readonly query: string;
  /** The last answer, shown until the next one comes. */
  readonly answer: SearchAnswer | undefined;
  /** What `answer` answered. */
  readonly answered: string;
  readonly isSearching: boolean;
  readonly error: ApiError | undefined;
}

const typingMs = 80;

/** Search as one types: one request at a time, and none is heard that a later one overtook. */
export class SearchSession extends Store<SearchState> {
  readonly #api: Api;
  #request = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    super({ query: '', answer: undefined, answered: '', isSearching: false, error: undefined });
    this.#api = api;
  }

  readonly type = (query: string): void => {
    if (query === this.get().query) return;
    this.patch({ query });
    clearTimeout(this.#timer);
    this.#request.abort();
    if (query.trim() === '') {
      this.patch({ answer: undefined, answered: '', isSearching: false, error: undefined });
    } else {
      this.patch({ isSearching: true });
      this.#timer = setTimeout(this.again, typingMs);
    }
  };

  /** Asks once more, such as when another version has become current. */
  readonly again = (): void => {
    clearTimeout(this.#timer);
    this.#request.abort();
    if (this.get().query.trim() !== '') void this.#ask();
  };

  async #ask(): Promise<void> {
    const { query } = this.get();
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.patch({ isSearching: true });
    try {
      const answer = await this.#api.search(query, { signal, limit: searchLimit });
      if (signal.aborted) return;
      this.patch({ answer, answered: query, isSearching: false, error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.patch({ answer: undefined, isSearching: false, error: asApiError(error) });
    }
  }
}
