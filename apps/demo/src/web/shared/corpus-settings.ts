import type { Api, ApiError, SettingsView } from '../api.ts';
import { asApiError, Resource } from './resource.ts';
import { Store } from './store.ts';

export interface SettingsState {
  /** `undefined` before the first answer. */
  readonly settings: SettingsView | undefined;
  /** They were chosen here and are on their way to the server. */
  readonly isSaving: boolean;
  readonly error: ApiError | undefined;
}

export type SettingsChange = Partial<Pick<SettingsView, 'language' | 'passageLength'>>;

/** The settings of the corpus; whoever looks at them last has them as the server knows them. */
export class CorpusSettings extends Store<SettingsState> {
  readonly #api: Api;
  readonly #onSaved: () => void;
  readonly #known: Resource<SettingsView>;

  constructor(api: Api, onSaved: () => void) {
    super({ settings: undefined, isSaving: false, error: undefined }, () =>
      this.#known.subscribe(({ data, error }) => {
        if (!this.get().isSaving) this.patch({ settings: data ?? this.get().settings, error });
      }),
    );
    this.#api = api;
    this.#onSaved = onSaved;
    this.#known = new Resource((signal) => api.settings({ signal }));
  }

  /** What is chosen shows at once, and goes back where the server does not take it. */
  readonly save = async (change: SettingsChange): Promise<void> => {
    const before = this.get().settings;
    if (before === undefined) return;
    this.set({ settings: { ...before, ...change }, isSaving: true, error: undefined });
    try {
      const settings = await this.#api.saveSettings(change);
      this.set({ settings, isSaving: false, error: undefined });
      this.#onSaved();
    } catch (error) {
      this.set({ settings: before, isSaving: false, error: asApiError(error) });
    }
    this.#known.refetch();
  };
}
