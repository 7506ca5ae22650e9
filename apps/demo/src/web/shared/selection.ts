import { Store } from './store.ts';

/** The documents that were chosen to do something with, by their ids. */
export class Selection extends Store<ReadonlySet<string>> {
  constructor() {
    super(new Set());
  }

  readonly toggle = (id: string): void => {
    const ids = new Set(this.get());
    if (!ids.delete(id)) ids.add(id);
    this.set(ids);
  };

  readonly choose = (ids: Iterable<string>): void => this.set(new Set(ids));

  readonly clear = (): void => {
    if (this.get().size > 0) this.set(new Set());
  };
}
