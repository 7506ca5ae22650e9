import type { Redis } from 'ioredis';
import type { RedisLink } from './redis-link.ts';

export interface ChannelListener {
  onMessage(text: string): void;
  /** Messages come (again): what came before may have been missed. Or they do not, for now. */
  onUp?(isUp: boolean): void;
}

/**
 * Messages of Redis, over one connection for all who listen. Redis forgets a message that nobody hears,
 * so whoever listens looks by himself when `onUp(true)` comes.
 */
export class Channels {
  readonly #link: RedisLink;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  readonly #subscribed = new Set<string>();
  #redis: Redis | undefined;
  #isClosed = false;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** Returns the way to stop. */
  listen(name: string, listener: ChannelListener): () => void {
    const channel = `${this.#link.base}${name}`;
    const redis = this.#connection();
    const known = this.#listeners.get(channel);
    if (known !== undefined) {
      known.add(listener);
      if (this.#subscribed.has(channel)) queueMicrotask(() => this.#up(channel, listener));
    } else {
      this.#listeners.set(channel, new Set([listener]));
      void this.#subscribe(redis, channel);
    }
    return () => this.#leave(channel, listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#redis?.disconnect();
  }

  #up(channel: string, listener: ChannelListener): void {
    if (this.#listeners.get(channel)?.has(listener)) listener.onUp?.(true);
  }

  #leave(channel: string, listener: ChannelListener): void {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    this.#subscribed.delete(channel);
    if (!this.#isClosed) this.#redis?.unsubscribe(channel).catch(() => {});
  }

  async #subscribe(redis: Redis, channel: string): Promise<void> {
    try {
      await redis.subscribe(channel);
    } catch {
      // The connection is down; `ready` subscribes again.
      return;
    }
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined) return;
    this.#subscribed.add(channel);
    for (const listener of [...listeners]) this.#up(channel, listener);
  }

  #connection(): Redis {
    if (this.#redis !== undefined) return this.#redis;
    const redis = this.#link.connect({ autoResubscribe: false });
    redis.on('message', (channel, text) => {
      // What the calls of a run told travels as one.
      const messages = text.split('\n');
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) {
        for (const message of messages) listener.onMessage(message);
      }
    });
    redis.on('ready', () => {
      for (const channel of this.#listeners.keys()) {
        if (!this.#subscribed.has(channel)) void this.#subscribe(redis, channel);
      }
    });
    redis.on('close', () => {
      const lost = [...this.#subscribed];
      this.#subscribed.clear();
      for (const channel of lost) {
        for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener.onUp?.(false);
      }
    });
    this.#redis = redis;
    return redis;
  }
}
