import type { PendingChange } from './pending-change.ts';
import { Store } from './store.ts';

/** Documents that somebody wants to remove, before it is asked for. */
export interface Leaving {
  readonly ids: readonly string[];
  /** Of a single document. */
  readonly name?: string | undefined;
}

/** Asks before documents are removed. */
export class Removal extends Store<Leaving | undefined> {
  readonly #change: Pick<PendingChange, 'ask'>;

  constructor(change: Pick<PendingChange, 'ask'>) {
    super(undefined);
    this.#change = change;
  }

  /** Asks for one document. */
  readonly askFor = ({ id, name }: { readonly id: string; readonly name: string }): void =>
    this.set({ ids: [id], name });

  readonly confirm = (): void => {
    const leaving = this.get();
    this.set(undefined);
    if (leaving !== undefined) this.#change.ask({ remove: leaving.ids });
  };

  readonly close = (): void => this.set(undefined);
}
