import type { Api, ApiError, DocumentView } from '../api.ts';
import { asApiError } from './resource.ts';
import { Store } from './store.ts';

/** Pixels, as in styles/documents.css. */
export const rowHeight = 60;

const pageSize = 100;

export interface DocumentList {
  /** `undefined` before the first answer. */
  readonly total: number | undefined;
  /** The document in a row; `undefined` while it is still to come. */
  readonly rows: ReadonlyMap<number, DocumentView>;
  readonly error: ApiError | undefined;
}

/**
 * The documents of one version, page by page as they come into view, so that ten thousand cost no more
 * than a screenful. When another version takes over, the old rows stay until the new ones are there.
 */
export class DocumentPages extends Store<DocumentList> {
  readonly #api: Api;
  #version: string | undefined;
  #reading = new AbortController();
  readonly #asked = new Set<number>();
  // The rows shown are still those of the version before.
  #isOld = false;
  #first = 0;
  #last = pageSize - 1;

  constructor(api: Api) {
    super({ total: undefined, rows: new Map(), error: undefined });
    this.#api = api;
  }

  /** Shows the documents of that version from now on; `null` when nothing is published. */
  readonly show = (version: string | null): void => {
    if (version === null) {
      this.#version = undefined;
      this.#reading.abort();
      this.set({ total: 0, rows: new Map(), error: undefined });
    } else if (version !== this.#version) {
      this.#version = version;
      this.#restart();
    }
  };

  /** Says which rows are in view. */
  readonly ensure = (first: number, last: number): void => {
    this.#first = first;
    this.#last = last;
    if (this.#version === undefined) return;
    for (let page = pageOf(first); page <= pageOf(last); page += 1) void this.#read(page);
  };

  readonly retry = (): void => this.#restart();

  #restart(): void {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#asked.clear();
    this.#isOld = true;
    this.ensure(this.#first, this.#last);
  }

  async #read(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const { signal } = this.#reading;
    const version = this.#version;
    if (version === undefined) return;
    try {
      const offset = page * pageSize;
      const answer = await this.#api.documents({ version, offset, limit: pageSize }, { signal });
      if (signal.aborted) return;
      const rows = new Map(this.#isOld ? [] : this.get().rows);
      this.#isOld = false;
      answer.documents.forEach((document, index) => {
        rows.set(offset + index, document);
      });
      this.set({ total: answer.total, rows, error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.#asked.delete(page);
      this.patch({ error: asApiError(error) });
    }
  }
}

const pageOf = (row: number): number => Math.max(0, Math.floor(row / pageSize));
