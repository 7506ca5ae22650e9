import { OffstageError } from '../foundation/errors.ts';
import type { JobView } from './job-view.ts';

interface Started {
  /** Made when it is needed of jobs that were kept, of which there may be many. */
  readonly print: string | (() => string);
  /** With what options; `undefined` of a job whose journal does not say. */
  readonly how: string | undefined;
  readonly first: Promise<JobView>;
}

/**
 * Starts that were given a key of their own, so that one which is asked for again, because its answer
 * was lost or late, is the job that there is already. A key is remembered from the first call on
 * and for as long as the job is; a start that failed leaves nothing behind.
 */
export class StartKeys {
  readonly #started = new Map<string, Started>();
  readonly #byJobId = new Map<string, string>();

  /**
   * @param what whose key it is and the key; and what is started, which must be the same each time.
   * @param how with what options, which must be the same as well.
   * @param now the job of a first view as it is now; `undefined` when it has been released.
   * @throws OffstageError `idempotency_key_reused` for something else under a known key.
   */
  async once(
    { scope, asked }: { readonly scope: readonly string[]; readonly asked: readonly unknown[] },
    how: string,
    start: () => Promise<JobView>,
    now: (first: JobView) => JobView | undefined | Promise<JobView | undefined>,
  ): Promise<JobView> {
    const key = JSON.stringify(scope);
    const print = fingerprint(asked);
    const known = this.#started.get(key);
    if (known !== undefined) {
      const { print: before } = known;
      if ((known.how ?? how) !== how) throw keyReused();
      if ((typeof before === 'string' ? before : before()) !== print) throw keyReused();
      const first = await known.first;
      return (await now(first)) ?? first;
    }
    const first = start();
    this.#started.set(key, { print, how, first });
    try {
      const view = await first;
      if ((await now(view)) === undefined) this.#started.delete(key);
      else this.#byJobId.set(view.id, key);
      return view;
    } catch (error) {
      this.#started.delete(key);
      throw error;
    }
  }

  /** A job that was kept. `asked`, `how` and `first` are as of the start that it came from. */
  remember(
    scope: readonly string[],
    asked: () => readonly unknown[],
    how: string | undefined,
    first: JobView,
  ): void {
    const key = JSON.stringify(scope);
    this.#started.set(key, {
      print: () => fingerprint(asked()),
      how,
      first: Promise.resolve(first),
    });
    this.#byJobId.set(first.id, key);
  }

  /** The job has been released. */
  forget(jobId: string): void {
    // Most jobs have none, and to look for one hashes their id.
    if (this.#byJobId.size === 0) return;
    const key = this.#byJobId.get(jobId);
    if (key === undefined) return;
    this.#byJobId.delete(jobId);
    this.#started.delete(key);
  }
}

export function keyReused(): OffstageError {
  return new OffstageError(
    'idempotency_key_reused',
    'Something else was started under this idempotency key. Use a new key for each start.',
  );
}

/**
 * Short, since it is kept as long as the job, and an input may be large. It finds mistakes: an owner
 * who makes two inputs alike on purpose is answered with a job of its own.
 */
export function fingerprint(asked: readonly unknown[]): string {
  let text: string;
  try {
    text = JSON.stringify(asked, sortedKeys);
  } catch {
    // What JSON cannot say is compared by nothing, so that a repeated start is still the same start.
    return '';
  }
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(code + index, 0xcc9e2d51);
  }
  return `${text.length}:${a >>> 0}:${b >>> 0}`;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // What structured clone carries, and JSON takes for empty.
  if (value instanceof Map) return { Map: [...Map.prototype.entries.call(value)] };
  if (value instanceof Set) return { Set: [...Set.prototype.values.call(value)] };
  if (value instanceof RegExp || value instanceof Error) return { [tagOf(value)]: String(value) };
  if (value instanceof ArrayBuffer) return { ArrayBuffer: [...new Uint8Array(value)] };
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
