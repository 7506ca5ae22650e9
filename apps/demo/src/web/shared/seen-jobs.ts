import { readKept, writeKept } from './kept.ts';
import { Store } from './store.ts';

const maxKept = 100;

/** Ids of jobs of which something is over and done with, such as a notice; the newest are kept. */
export class SeenJobs extends Store<ReadonlySet<string>> {
  readonly #key: string;

  constructor(key: string) {
    super(new Set(idsOf(readKept(key))));
    this.#key = key;
  }

  /** Also of what another tab has seen meanwhile. */
  readonly has = (jobId: string): boolean =>
    this.get().has(jobId) || idsOf(readKept(this.#key)).includes(jobId);

  readonly add = (jobId: string): void => {
    const ids = [...idsOf(readKept(this.#key)), ...this.get(), jobId];
    const kept = [...new Set(ids)].slice(-maxKept);
    this.set(new Set(kept));
    writeKept(this.#key, JSON.stringify(kept));
  };
}

function idsOf(text: string | null): string[] {
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
