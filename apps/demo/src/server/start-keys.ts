import { OffstageError } from '@offstage/core';

interface Started {
  readonly asked: string;
  readonly jobId: Promise<string>;
}

/**
 * Starts that are asked for again because their answer was lost or late: each is the job that there is
 * already (J3). The jobs' own keys come too late for that, since a change takes uploads before it begins,
 * and what it has taken cannot be taken again.
 */
export class StartKeys {
  readonly #started = new Map<string, Started>();

  /**
   * The job of an earlier start under that key, once that is known; `undefined` where there was none, or
   * it failed.
   *
   * @throws OffstageError `idempotency_key_reused` where something else was started
   */
  async jobOf(session: string, key: string, asked: unknown): Promise<string | undefined> {
    const known = this.#started.get(nameOf(session, key));
    if (known === undefined) return undefined;
    if (known.asked === JSON.stringify(asked)) return known.jobId.catch(() => undefined);
    throw new OffstageError(
      'idempotency_key_reused',
      'Another change was started under this idempotency key. Use a new key for each start.',
    );
  }

  /** Remembers a start from now on; one that fails is forgotten. */
  remember(session: string, key: string, asked: unknown, jobId: Promise<string>): void {
    const name = nameOf(session, key);
    this.#started.set(name, { asked: JSON.stringify(asked), jobId });
    jobId.catch(() => this.#started.delete(name));
    const [oldest] = this.#started.keys();
    if (this.#started.size > maxKnown && oldest !== undefined) this.#started.delete(oldest);
  }
}

const maxKnown = 10_000;

const nameOf = (session: string, key: string): string => JSON.stringify([session, key]);
