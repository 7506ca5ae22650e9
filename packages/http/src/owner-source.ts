import type { JobClient } from '@offstage/core';
import type { StreamPart, StreamSource } from './event-stream.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

// More jobs than this at once are told as "all".
const maxIds = 1000;

/**
 * Which of an owner's jobs changed, merged until the reader takes it (H3). It holds no state that a
 * reconnect could miss: after `ready` a client reads whatever it shows, and after `change` what that
 * names.
 */
export class OwnerSource implements StreamSource {
  readonly #client: JobClient;
  readonly #settings: ChangeWatch;
  readonly #ids = new Set<string>();
  #isAll = false;
  #isReady = false;

  constructor(client: JobClient, settings: ChangeWatch) {
    this.#client = client;
    this.#settings = settings;
  }

  open(changed: () => void): () => void {
    return watchOrRepeat(this.#client, undefined, this.#settings, (id) => {
      if (id === undefined || this.#ids.size >= maxIds) this.#isAll = true;
      else this.#ids.add(id);
      changed();
    });
  }

  async next(): Promise<StreamPart | undefined> {
    const ids = this.#ids;
    const hasNews = this.#isAll || ids.size > 0;
    if (!this.#isReady) {
      this.#isReady = true;
      return { text: 'event: ready\ndata: {}\n\n', more: hasNews };
    }
    if (!hasNews) return undefined;
    const data = this.#isAll ? { all: true } : { ids: [...ids] };
    this.#isAll = false;
    ids.clear();
    return { text: `event: change\ndata: ${JSON.stringify(data)}\n\n` };
  }
}
