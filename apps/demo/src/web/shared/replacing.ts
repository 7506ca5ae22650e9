import type { Api, Replacement } from '../api.ts';
import { Store } from './store.ts';

export interface ReplacingState {
  readonly uploads: readonly string[];
  /** Those that would take the place of a document. */
  readonly files: readonly Replacement[];
}

/** Asks before files of known names take the place of documents with other contents. */
export class Replacing extends Store<ReplacingState | undefined> {
  readonly #api: Api;
  readonly #add: (uploads: readonly string[]) => void;

  constructor(api: Api, add: (uploads: readonly string[]) => void) {
    super(undefined);
    this.#api = api;
    this.#add = add;
  }

  /** Looks whether there is something to ask. Gives the way to go on: to add the files, or to ask. */
  readonly look = async (uploads: readonly string[]): Promise<() => void> => {
    try {
      const files = await this.#api.replacements();
      const meant = files.filter(({ upload }) => uploads.includes(upload));
      return meant.length === 0 ? () => this.#add(uploads) : () => this.#ask(uploads, meant);
    } catch {
      // The files wait at the server, and the page says so.
      return () => {};
    }
  };

  readonly add = async (uploads: readonly string[]): Promise<void> => (await this.look(uploads))();

  /** Whether they take the places; those that do not are thrown away, and the others added. */
  readonly answer = (isReplacing: boolean): void => {
    const state = this.get();
    if (state === undefined) return;
    this.set(undefined);
    const left = isReplacing ? [] : state.files.map(({ upload }) => upload);
    for (const upload of left) this.#api.dropUpload(upload).catch(() => undefined);
    const rest = state.uploads.filter((upload) => !left.includes(upload));
    if (rest.length > 0) this.#add(rest);
  };

  #ask(uploads: readonly string[], files: readonly Replacement[]): void {
    const before = this.get() ?? { uploads: [], files: [] };
    this.set({ uploads: [...before.uploads, ...uploads], files: [...before.files, ...files] });
  }
}
