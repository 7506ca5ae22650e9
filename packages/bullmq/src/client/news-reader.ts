import type { ManagerEvents } from '@offstage/core/engine';
import { viewOf } from '../records/job-record.ts';
import { newsOfKind } from '../records/news-kinds.ts';
import type { BullContext } from './bull-context.ts';

/** Tells the manager's listeners what happens to jobs, in whatever process (J16). */
export class NewsReader {
  readonly #context: BullContext;
  readonly #events: ManagerEvents;
  #readers = 0;
  #stop: (() => void) | undefined;
  // News of one job come in their order.
  #last: Promise<void> = Promise.resolve();

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
    const name = Reflect.get(newsOfKind, text.slice(0, 1)) as
      | (typeof newsOfKind)[keyof typeof newsOfKind]
      | undefined;
    if (name === undefined || !this.#events.has(name)) return;
    const id = text.slice(1);
    this.#last = this.#last.then(async () => {
      try {
        await this.#emit(name, id);
      } catch (error) {
        this.#context.report(error);
      }
    });
  }

  async #emit(name: (typeof newsOfKind)[keyof typeof newsOfKind], id: string): Promise<void> {
    if (name === 'released') {
      this.#events.emit('released', { owner: '', id, name: '' });
      return;
    }
    const record = await this.#context.store.find(id);
    if (record === undefined) return;
    const news = { owner: ownerOf(record.owner), job: viewOf(record) };
    if (name !== 'progress') this.#events.emit(name, news);
    else if (record.state.progress !== null) {
      this.#events.emit('progress', { ...news, event: record.state.progress });
    }
  }
}

const ownerOf = (part: string): string =>
  part.startsWith('=') ? JSON.parse(`"${part.slice(1)}"`) : part;
