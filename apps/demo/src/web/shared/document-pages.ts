import type {
  Api,
  ApiError,
  DocumentKind,
  DocumentSort,
  DocumentView,
  FailureReason,
} from '../api.ts';
import { asApiError } from './resource.ts';
import { Store } from './store.ts';

/** Pixels, as in styles/documents.css. */
export const rowHeight = 60;

const pageSize = 100;

const everything: ShownQuery = { sort: 'name', order: 'asc', name: '', kind: '', reason: '' };
const empty: DocumentList = {
  ...{ query: everything, kinds: [], partly: 0, reasons: [] },
  ...{ total: undefined, rows: new Map(), error: undefined },
};

/** Which documents are shown, and in which order. */
export interface ShownQuery {
  readonly sort: DocumentSort;
  readonly order: 'asc' | 'desc';
  readonly name: string;
  /** A media type, `failed`, `partly`, or empty for all. */
  readonly kind: string;
  /** Of `failed` ones; empty for all. */
  readonly reason: string;
}

export interface DocumentList {
  readonly query: ShownQuery;
  /** Of the whole version. */
  readonly kinds: readonly DocumentKind[];
  readonly partly: number;
  readonly reasons: readonly FailureReason[];
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
    super(empty);
    this.#api = api;
  }

  /** Shows the documents of that version from now on; `null` when nothing is published. */
  readonly show = (version: string | null): void => {
    if (version === null) {
      this.#version = undefined;
      this.#reading.abort();
      this.set({ ...empty, total: 0 });
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

  /** Shows others, or the same in another order. */
  readonly ask = (query: Partial<ShownQuery>): void => {
    this.patch({ query: { ...this.get().query, ...query } });
    this.#first = 0;
    this.#last = pageSize - 1;
    this.#restart();
  };

  /** The ids of all that are shown, also of those out of view. */
  readonly ids = (): Promise<readonly string[]> =>
    this.#api.documentIds({ version: this.#version, ...wire(this.get().query) });

  /** The ids of all that cannot be searched, or for that reason alone. */
  readonly idsOfFailed = (reason?: string): Promise<readonly string[]> =>
    this.#api.documentIds({ version: this.#version, kind: 'failed', reason });

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
      const query = { version, offset, limit: pageSize, ...wire(this.get().query) };
      const answer = await this.#api.documents(query, { signal });
      if (signal.aborted) return;
      const rows = new Map(this.#isOld ? [] : this.get().rows);
      this.#isOld = false;
      answer.documents.forEach((document, index) => {
        rows.set(offset + index, document);
      });
      const { total, kinds, partly, reasons } = answer;
      this.patch({ total, rows, kinds, partly, reasons, error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.#asked.delete(page);
      this.patch({ error: asApiError(error) });
    }
  }
}

// What is left empty is not asked for.
const wire = ({ sort, order, name, kind, reason }: ShownQuery) => ({
  ...{ sort, order },
  name: name || undefined,
  kind: kind || undefined,
  reason: reason || undefined,
});

const pageOf = (row: number): number => Math.max(0, Math.floor(row / pageSize));
