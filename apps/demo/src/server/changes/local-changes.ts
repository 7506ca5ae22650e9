import path from 'node:path';
import {
  type JobClient,
  JobManager,
  type JobManagerEventName,
  type JobManagerListener,
  OffstageError,
  type ShutdownOptions,
  type ShutdownReport,
} from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { sqliteJournal } from '@offstage/sqlite';
import { parseCacheFolder } from '../../change/change-handler.ts';
import { changeWork } from '../../change/change-work.ts';
import type { HostedChanges, HostedChangesOptions } from './hosted-changes.ts';
import { type KeptChange, keepChanges } from './kept-changes.ts';

/** Changes in a thread of this process, kept in `jobs.sqlite` of the data folder. */
export class LocalChanges implements HostedChanges {
  readonly reader: JobClient;
  readonly #manager: JobManager;
  readonly #report: HostedChangesOptions['report'];
  readonly #kept = Promise.withResolvers<readonly KeptChange[]>();

  constructor({ dataFolder, stub, onKept, report }: HostedChangesOptions) {
    this.#report = report;
    const journal = sqliteJournal(path.join(dataFolder, 'jobs.sqlite'), { maxKept: 1000 });
    const parsed = parseCacheFolder(dataFolder);
    this.#manager = new JobManager({
      executor: new WorkerExecutor({
        entry: new URL('./documents.worker.ts', import.meta.url),
        // One change at a time, and what is read ahead for it lies in its thread.
        threads: 1,
        name: 'documents',
        // What is read ahead lives until its change: with less, all of it is copied within the young generation.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
        env: { ...process.env, OFFSTAGE_PARSED: parsed, ...(stub && { OFFSTAGE_STUB: '1' }) },
      }),
      definitions: [changeWork],
      journal: keepChanges(journal, dataFolder, (kept) => {
        onKept(kept);
        this.#kept.resolve(kept.changes);
      }),
      maxQueued: 100,
      maxActivePerOwner: 10,
    });
    // No session has this name: theirs are random digits.
    this.reader = this.#manager.forOwner('read-ahead');
  }

  get isBroken(): boolean {
    const { journal } = this.#manager.health();
    // A full disk passes.
    return OffstageError.isInstance(journal?.error) && journal.error.code !== 'journal_full';
  }

  forOwner(owner: string): JobClient {
    return this.#manager.forOwner(owner);
  }

  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void {
    return this.#manager.on(event, listener);
  }

  enterMaintenance(): Disposable {
    return this.#manager.enterMaintenance();
  }

  /** Resolves when it is known what was kept: threads may take longer. */
  open(): Promise<readonly KeptChange[]> {
    const ready = this.#manager.ready();
    // Threads that cannot start now may later; each job asks for them again.
    ready.catch(this.#report);
    return Promise.race([this.#kept.promise, ready.then(() => [])]);
  }

  shutdown(options: ShutdownOptions): Promise<ShutdownReport> {
    return this.#manager.shutdown(options);
  }
}
