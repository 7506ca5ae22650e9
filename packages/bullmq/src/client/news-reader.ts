import type { ManagerEvents } from '@offstage/core/engine';
import { type JobRecord, viewOf } from '../records/job-record.ts';
import { newsOfKind } from '../records/news-kinds.ts';
import type { BullContext } from './bull-context.ts';

const atOnce = 100;

type News = (typeof newsOfKind)[keyof typeof newsOfKind];

/** Tells the manager's listeners what happens to jobs, in whatever process (J16). */
export class NewsReader {
  readonly #context: BullContext;
  readonly #events: ManagerEvents;
  #readers = 0;
  #stop: (() => void) | undefined;
  // In their order; what comes while Redis is asked is asked for together.
  #waiting: { readonly name: News; readonly id: string }[] = [];
  #isReading = false;

  constructor(context: BullContext, events: ManagerEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Redis is listened to while anybody wants to hear. Returns the way to stop. */
  read(): () => void {
    this.#readers += 1;
    this.#stop ??= this.#context.channels.listen('all', { onMessage: (text) => this.#tell(text) });
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#readers -= 1;
      if (this.#readers > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #tell(text: string): void {
    const name = Reflect.get(newsOfKind, text.slice(0, 1)) as News | undefined;
    if (name === undefined || !this.#events.has(name)) return;
    const [id = '', jobName = '', ...owner] = text.slice(1).split(' ');
    if (name === 'released') {
      this.#events.emit('released', { owner: ownerOf(owner.join(' ')), id, name: jobName });
      return;
    }
    this.#waiting.push({ name, id });
    if (!this.#isReading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, atOnce);
      try {
        const looked = await this.#context.store.look('*', batch, false);
        for (const [index, { name }] of batch.entries()) {
          const record = looked[index]?.record;
          if (record !== undefined) this.#emit(name, record);
        }
      } catch (error) {
        this.#context.report(error);
      }
    }
    this.#isReading = false;
  }

  #emit(name: News, record: JobRecord): void {
    if (name === 'released') return;
    const news = { owner: ownerOf(record.ownerId), job: viewOf(record) };
    if (name !== 'progress') this.#events.emit(name, news);
    else if (record.state.progress !== null) {
      this.#events.emit('progress', { ...news, event: record.state.progress });
    }
  }
}

const ownerOf = (json: string): string => (json === '' ? '' : JSON.parse(json));
