import type { ChangeKind } from './job-client.ts';
import type { Watcher } from './job-registry.ts';

type Hints = Map<Watcher, Map<string, ChangeKind>>;

/**
 * Tells watchers which jobs changed, once per job and microtask however much did. They run after the
 * change, never within it, so they may call the manager. Of a job that both changed and progressed
 * they are told that it changed (F7).
 */
export class ChangeHints {
  readonly #guard: (call: () => void) => void;
  // Empty unless a flush is scheduled, and unless one is under way.
  #pending: Hints = new Map();
  #telling: Hints = new Map();

  /** `guard` calls a watcher and catches what it throws. */
  constructor(guard: (call: () => void) => void) {
    this.#guard = guard;
  }

  tell(
    watchers: ReadonlySet<Watcher> | undefined,
    changedId: string,
    kind: ChangeKind = 'change',
  ): void {
    if (watchers === undefined) return;
    if (this.#pending.size === 0) void Promise.resolve().then(() => this.#flush());
    for (const watcher of watchers) {
      const ids = this.#pending.get(watcher);
      if (ids === undefined) this.#pending.set(watcher, new Map([[changedId, kind]]));
      else if (ids.get(changedId) !== 'change') ids.set(changedId, kind);
    }
  }

  /** It is not called any more, not even for a change that it was to be told of. */
  forget(watcher: Watcher): void {
    for (const hints of [this.#pending, this.#telling]) {
      hints.get(watcher)?.clear();
      hints.delete(watcher);
    }
  }

  #flush(): void {
    this.#telling = this.#pending;
    this.#pending = new Map();
    for (const [watcher, ids] of this.#telling) {
      for (const [id, kind] of ids) this.#guard(() => watcher.onChange(id, kind));
    }
    this.#telling.clear();
  }
}
