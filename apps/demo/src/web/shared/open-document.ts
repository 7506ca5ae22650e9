import type { Api, ApiError, DocumentText } from '../api.ts';
import { asApiError } from './resource.ts';
import { Store } from './store.ts';
import { countMarks } from './text-lines.ts';

export interface OpenDocumentState {
  readonly text: DocumentText | undefined;
  readonly error: ApiError | undefined;
  /** How many places are marked, and which of them is shown; 0 before the first. */
  readonly marks: number;
  readonly at: number;
}

const nothing: OpenDocumentState = { text: undefined, error: undefined, marks: 0, at: 0 };

/** The document that is open, with the words that were searched for. */
export class OpenDocument extends Store<OpenDocumentState> {
  readonly #api: Api;
  #reading = new AbortController();

  constructor(api: Api) {
    super(nothing);
    this.#api = api;
  }

  readonly show = async (id: string, query: string): Promise<void> => {
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.set(nothing);
    // The page is being left, or its address names none.
    if (id === '') return;
    try {
      const text = await this.#api.documentText(id, query, { signal });
      if (signal.aborted) return;
      const marks = text.passages.reduce((sum, { parts }) => sum + countMarks(parts), 0);
      this.set({ ...nothing, text, marks });
      // The first place, once it is there.
      if (marks > 0) requestAnimationFrame(() => this.step(1));
    } catch (error) {
      if (!signal.aborted) this.patch({ error: asApiError(error) });
    }
  };

  /** Goes to the next marked place, or the one before; from the last to the first. */
  readonly step = (by: 1 | -1): void => {
    const { at, marks } = this.get();
    if (marks === 0) return;
    const next = ((at - 1 + by + marks) % marks) + 1;
    this.patch({ at: next });
    const all = document.querySelectorAll('.document-text mark');
    for (const mark of all) mark.classList.remove('mark--now');
    const mark = all[next - 1];
    mark?.classList.add('mark--now');
    mark?.scrollIntoView({ block: 'center' });
  };
}
