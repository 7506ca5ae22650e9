import { type JobView, OffstageError } from '@offstage/core';

interface Started {
  readonly asked: string;
  readonly first: Promise<JobView>;
}

const maxKnown = 10_000;

/**
 * Starts that are asked for again because their answer was lost or late: each is the job that there is
 * already (J3). The jobs' own keys come too late for that, since a change takes uploads before it begins,
 * and what it has taken cannot be taken again.
 */
export class StartKeys {
  readonly #started = new Map<string, Started>();

  /**
   * Starts at the first call for a session's key, which is remembered at once; a start that fails is not.
   *
   * @param now the job as it is now; `undefined` when it is gone
   * @throws OffstageError `idempotency_key_reused` where something else was started; what `start` throws
   */
  async once(
    [session, key]: readonly [session: string, key: string],
    input: unknown,
    start: () => Promise<JobView>,
    now: (jobId: string) => Promise<JobView | undefined>,
  ): Promise<JobView> {
    const name = JSON.stringify([session, key]);
    const asked = JSON.stringify(input);
    const known = this.#started.get(name);
    if (known === undefined) {
      const first = start();
      this.#started.set(name, { asked, first });
      first.catch(() => this.#started.delete(name));
      this.#forgetOldest();
      return first;
    }
    if (known.asked !== asked) {
      throw new OffstageError(
        'idempotency_key_reused',
        'Another change was started under this idempotency key. Use a new key for each start.',
      );
    }
    const first = await known.first;
    return (await now(first.id)) ?? first;
  }

  #forgetOldest(): void {
    const [oldest] = this.#started.keys();
    if (this.#started.size > maxKnown && oldest !== undefined) this.#started.delete(oldest);
  }
}
