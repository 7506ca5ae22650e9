import type { NewsKind } from '../records/news-kinds.ts';
import type { Channels } from '../redis/channel.ts';

export interface HintListener {
  /** Something of the job changed. */
  onHint(id: string, kind: NewsKind): void;
  /** Hints come (again): what came before may have been missed. Or they do not, for now. */
  onUp(isUp: boolean): void;
}

/** Whoever listens to one owner's jobs: to one of them, or to all of them. */
interface Heard {
  readonly listeners: Map<string | undefined, Set<HintListener>>;
  stop: () => void;
  isUp: boolean;
}

/** Hints of Redis for all who watch jobs in this process, each told of its own jobs alone. */
export class OwnerHints {
  readonly #channels: Channels;
  readonly #owners = new Map<string, Heard>();

  constructor(channels: Channels) {
    this.#channels = channels;
  }

  /** Hints of one job, or of all of an owner's. `listener` must not throw. Returns the way to stop. */
  listen(owner: string, id: string | undefined, listener: HintListener): () => void {
    const heard = this.#owners.get(owner) ?? this.#hear(owner);
    const listeners = heard.listeners.get(id) ?? new Set();
    heard.listeners.set(id, listeners.add(listener));
    if (heard.isUp) {
      queueMicrotask(() => {
        if (heard.isUp && listeners.has(listener)) listener.onUp(true);
      });
    }
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      heard.listeners.delete(id);
      if (heard.listeners.size > 0) return;
      heard.stop();
      this.#owners.delete(owner);
    };
  }

  #hear(owner: string): Heard {
    const heard: Heard = { listeners: new Map(), stop: () => {}, isUp: false };
    this.#owners.set(owner, heard);
    heard.stop = this.#channels.listen(`of:${owner}`, {
      onMessage(text) {
        const kind = text.slice(0, 1) as NewsKind;
        const id = text.slice(1);
        for (const whom of [id, undefined]) {
          for (const listener of [...(heard.listeners.get(whom) ?? [])]) listener.onHint(id, kind);
        }
      },
      onUp(isUp) {
        heard.isUp = isUp;
        for (const listeners of [...heard.listeners.values()]) {
          for (const listener of [...listeners]) listener.onUp(isUp);
        }
      },
    });
    return heard;
  }
}
