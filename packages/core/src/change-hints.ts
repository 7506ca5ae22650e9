import type { Watcher } from './job-registry.ts';

/**
 * Tells watchers that something changed, each at most once per microtask however much did. They run
 * after the change, never within it, so they may call the manager.
 */
export class ChangeHints {
  readonly #guard: (call: () => void) => void;
  readonly #pending = new Set<Watcher>();
  #scheduled = false;

  /** `guard` calls a watcher and catches what it throws. */
  constructor(guard: (call: () => void) => void) {
    this.#guard = guard;
  }

  tell(watchers: ReadonlySet<Watcher> | undefined): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) this.#pending.add(watcher);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#flush());
  }

  /** It is not called any more, not even for a change that it was to be told of. */
  forget(watcher: Watcher): void {
    this.#pending.delete(watcher);
  }

  #flush(): void {
    this.#scheduled = false;
    const watchers = [...this.#pending];
    this.#pending.clear();
    for (const watcher of watchers) this.#guard(watcher.onChange);
  }
}
