import { type ChangeKind, isTerminal, type JobClient, type JobPoll } from '@offstage/core';
import type { StreamPart, StreamSource } from './event-stream.ts';
import type { JsonText } from './json-text.ts';
import { joined } from './text.ts';
import { type ChangeWatch, watchOrRepeat } from './watch-or-repeat.ts';

// More jobs than this at once are told as "all".
const maxIds = 1000;
// The progress of so many jobs at once travels with the hint; of more, a page asks for what it shows.
const maxTold = 50;
// About what a page that shows them gets for each when it asks.
const askedBytes = 500;

/**
 * Which of an owner's jobs changed, merged until the reader takes it (H3). It holds no state that a
 * reconnect could miss: after `ready` a client reads whatever it shows, and after `change` what that
 * names.
 *
 * Of jobs that merely progressed it brings what it tells of, as polls from where the one before ended:
 * a page that shows them need not ask (F7). It holds the cursors of those alone.
 *
 * A client at a distance may not push yet, or for now: `ready` waits until it does, and the stream ends when
 * it ceases to, so that no page counts on hints that cannot come.
 */
export class OwnerSource implements StreamSource {
  readonly #client: JobClient;
  readonly #settings: ChangeWatch;
  readonly #json: JsonText;
  readonly #ids = new Map<string, ChangeKind>();
  readonly #cursors = new Map<string, number>();
  #version = '';
  #isAll = false;
  #isReady = false;
  #isPushed = true;

  constructor(client: JobClient, settings: ChangeWatch, json: JsonText) {
    this.#client = client;
    this.#settings = settings;
    this.#json = json;
  }

  open(changed: (kind: ChangeKind) => void): () => void {
    const stop = this.#watch(changed);
    this.#version = this.#client.version ?? '';
    return stop;
  }

  #watch(changed: (kind: ChangeKind) => void): () => void {
    const onChange = (id?: string, kind: ChangeKind = 'change'): void => {
      if (id === undefined || this.#ids.size >= maxIds) this.#isAll = true;
      else if (this.#ids.get(id) !== 'change') this.#ids.set(id, kind);
      changed(this.#isAll ? 'change' : kind);
    };
    const onPush = (isPushed: boolean): void => {
      this.#isPushed = isPushed;
      // After the hint that follows, which `ready` makes needless.
      queueMicrotask(() => changed('change'));
    };
    return watchOrRepeat(this.#client, undefined, this.#settings, onChange, onPush);
  }

  async next(isEarly: boolean): Promise<StreamPart | undefined> {
    if (!this.#isPushed) return this.#isReady ? { text: ':\n\n', last: true } : undefined;
    const ids = this.#ids;
    const hasNews = this.#isAll || ids.size > 0;
    if (!this.#isReady) {
      this.#isReady = true;
      if (this.#version === '') {
        // Whatever changed until now is read after it.
        this.#isAll = false;
        ids.clear();
        return { text: 'event: ready\ndata: {}\n\n' };
      }
      // Progress makes no version: what the page may have missed of it comes at once.
      const running = await this.#client.list({ status: 'running', limit: maxTold });
      for (const { id } of running) if (!ids.has(id)) ids.set(id, 'progress');
      const data = JSON.stringify({ version: this.#version });
      return { text: `event: ready\ndata: ${data}\n\n`, more: ids.size > 0 || this.#isAll };
    }
    if (!hasNews) return undefined;
    if (this.#isAll) {
      this.#isAll = false;
      ids.clear();
      return change('"all":true');
    }
    const all = [...ids.keys()].filter((id) => !isEarly || ids.get(id) === 'change');
    if (all.length === 0) return undefined;
    const moved = all.filter((id) => ids.get(id) === 'progress');
    for (const id of all) ids.delete(id);
    const isTold = moved.length <= maxTold;
    const told = isTold ? await this.#told(moved) : [];
    const fields = [`"ids":${JSON.stringify(all)}`];
    if (moved.length > 0) fields.push(`"progress":${JSON.stringify(moved)}`);
    if (told.length > 0) fields.push(`"polls":[${told.map(this.#json.poll).map(joined).join()}]`);
    return { ...change(fields.join()), ...(!isTold && { costs: moved.length * askedBytes }) };
  }

  async #told(ids: readonly string[]): Promise<readonly JobPoll[]> {
    if (ids.length === 0) return [];
    const asked = ids.map((id) => ({ id, after: this.#cursors.get(id) ?? 0 }));
    const polls = await this.#client.pollMany(asked);
    const active = polls.filter(({ job }) => job !== undefined && !isTerminal(job.status));
    if (this.#cursors.size > maxIds) this.#cursors.clear();
    for (const { job, cursor } of active) this.#cursors.set(job?.id ?? '', cursor);
    return active;
  }
}

const change = (fields: string): StreamPart => ({ text: `event: change\ndata: {${fields}}\n\n` });
