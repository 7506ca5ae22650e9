import { type InputOf, type JobId, JobManager, OffstageError } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { isLack } from '../../change/public-errors.ts';
import type { FindOptions, FoundPage } from '../../search/find.ts';
import { parseQuery } from '../../search/query.ts';
import { lackProblem, Problem } from '../requests/problem.ts';
import { closeIndex, searchIndex, searchTimeoutMs } from './search-job.ts';

export interface SearchQuestion {
  /** The index, absolute; its version is held open until the answer is there. */
  readonly file: string;
  readonly query: string;
  readonly language: string;
  readonly options: FindOptions;
}

const maxWaiting = 32;

/**
 * Searches in a thread of their own, one after the other, so that whatever is asked the server goes on
 * answering. What nobody waits for any more is not looked for; what would wait too long is refused.
 */
export class SearchThread {
  readonly #manager = new JobManager({
    executor: new WorkerExecutor({
      entry: new URL('./search.worker.ts', import.meta.url),
      threads: 1,
      name: 'search',
    }),
    maxQueued: maxWaiting,
    // Each is consumed as soon as it has ended, or by whoever gave it up.
    ttlMs: 60_000,
  });
  readonly #client = this.#manager.forOwner('search');

  /**
   * @throws PublicError `empty_query`; the signal's reason
   * @throws Problem 503 `search_busy` where too many wait already, `search_timeout` after ten seconds
   */
  async ask(
    { query, options, file, language }: SearchQuestion,
    signal?: AbortSignal,
  ): Promise<FoundPage> {
    // Refused here, it takes no turn.
    parseQuery(query, options);
    signal?.throwIfAborted();
    const { limit, page, kinds, folder, asTyped } = options;
    const id = await this.#begin({
      ...{ file, query, language },
      options: { limit, page, kinds: kinds && [...kinds], folder, asTyped },
    });
    try {
      // A step of SQLite cannot be interrupted; who asked is told of it all the same.
      const timeoutMs = searchTimeoutMs + 1000;
      const end = await this.#client.wait(id, { timeoutMs, ...(signal && { signal }) });
      if (end.status === 'succeeded') return end.result;
      if (end.status === 'failed' && isLack(end.failure.code)) throw lackProblem(end.failure.code);
      if (end.status === 'failed' && end.failure.code !== 'timeout') {
        throw new Error(`The search failed: ${end.failure.message}`);
      }
      throw tooLong();
    } catch (error) {
      if (OffstageError.isInstance(error) && error.code === 'wait_timeout') throw tooLong();
      throw error;
    } finally {
      void this.#leave(id);
    }
  }

  /** Resolves when the thread does not read that index any more. */
  async close(file: string): Promise<void> {
    const { id } = await this.#client.start(closeIndex, { file });
    await this.#client.wait(id);
    await this.#client.consume(id);
  }

  async shutdown(): Promise<void> {
    await this.#manager.shutdown({ graceMs: 1000 });
  }

  async #begin(input: InputOf<typeof searchIndex>): Promise<JobId<FoundPage, 'search'>> {
    try {
      return (await this.#client.start(searchIndex, input)).id;
    } catch (error) {
      const isFull = OffstageError.isInstance(error) && error.code === 'queue_full';
      throw isFull ? busy() : error;
    }
  }

  /** Stops what goes on, and forgets it once it has ended. */
  async #leave(id: string): Promise<void> {
    try {
      if (await this.#client.cancel(id)) await this.#client.wait(id);
      await this.#client.consume(id);
    } catch {
      // The server ends, and the jobs with it.
    }
  }
}

const busy = (): Problem =>
  new Problem(503, 'search_busy', 'Many searches are at work just now. Try again in a moment.', {
    retryAfter: 1,
  });

const tooLong = (): Problem =>
  new Problem(503, 'search_timeout', 'The search took too long. Name fewer or longer words.', {
    retryAfter: 5,
  });
