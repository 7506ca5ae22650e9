import { type JobClient, type JobId, JobManager, type TerminalJobView } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { type IngestResult, ingest } from '../../change/ingest-job.ts';
import type { AskedLook, Look } from '../../watch/folder-loop.ts';
import { watchFolder } from '../../watch/watch-folder.ts';
import { whenAgain } from '../../watch/when-again.ts';
import type { EventLog } from '../logs/event-log.ts';
import { Problem } from '../requests/problem.ts';
import type { CorpusGate } from './corpus-gate.ts';

/** What happens to a watched folder, for whoever runs the server. Names of files are not for a log. */
export type FolderNews =
  | { readonly event: 'published' | 'unchanged'; readonly result: IngestResult }
  | { readonly event: 'failed'; readonly code: string; readonly message: string }
  | { readonly event: 'waiting' | 'taken'; readonly path: string }
  | { readonly event: 'deaf'; readonly code: string };

export interface WatchedFolderOptions {
  /** Absolute. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly fileTimeoutMs: number;
  readonly gate: CorpusGate;
  readonly events: Pick<EventLog, 'follow' | 'failed'>;
  /** Another version is current. */
  readonly onPublished: () => void;
  readonly onNews: (news: FolderNews) => void;
  readonly onError: (error: unknown, context?: { readonly reference: string }) => void;
}

/** Of what is published, and of looking whether there is something to publish. */
const owners = { change: 'watched-folder', look: 'watched-folder-look' } as const;

const message =
  'What has changed in the watched folder is being taken in. Wait until that has ended.';

/**
 * Keeps the corpus as a folder is: its files beside those that people upload. Looking takes nobody's turn;
 * where something has changed, it waits for its own, as any change of the corpus does (D5).
 */
export class WatchedFolder {
  readonly #options: WatchedFolderOptions;
  readonly #manager: JobManager;
  readonly #changes: JobClient;
  readonly #looks: JobClient;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #atWork: { readonly jobs: JobClient; readonly id: JobId<IngestResult> } | undefined;
  #told: string | undefined = 'nothing yet';

  constructor(options: WatchedFolderOptions) {
    this.#options = options;
    const { folder, dataFolder, onNews, onError } = options;
    const entry = new URL('../../change/ingest.worker.ts', import.meta.url);
    this.#manager = new JobManager({ executor: new WorkerExecutor({ entry, threads: 1 }) });
    this.#manager.on('error', ({ error, reference }) => onError(error, { reference }));
    this.#changes = this.#manager.forOwner(owners.change);
    this.#looks = this.#manager.forOwner(owners.look);
    // Looks that find nothing are no events.
    options.events.follow(this.#manager, ingest.name, owners.change);
    this.#ended = watchFolder({
      ...{ folder, dataFolder, signal: this.#ending.signal },
      look: (asked) => this.#look(asked),
      onWaiting: (path) => onNews({ event: 'waiting', path }),
      onTaken: (path) => onNews({ event: 'taken', path }),
      onDeaf: (code) => onNews({ event: 'deaf', code }),
    });
  }

  /** Cancels what is under way; nothing of it is published. */
  async stop(): Promise<void> {
    this.#ending.abort();
    if (this.#atWork !== undefined) await this.#atWork.jobs.cancel(this.#atWork.id);
    await this.#ended;
    await this.#manager.shutdown();
  }

  async #look(asked: AskedLook): Promise<Look> {
    try {
      return await this.#takeIn(asked);
    } catch (error) {
      // Somebody else is changing the corpus.
      if (error instanceof Problem) return { published: false, unsettled: [], again: 'soon' };
      if (!this.#ending.signal.aborted) this.#options.onError(error);
      return { published: false, unsettled: [], again: 'later' };
    }
  }

  async #takeIn(asked: AskedLook): Promise<Look> {
    const { gate, onPublished } = this.#options;
    const seen = await this.#ingest(asked, false);
    if (seen.status !== 'succeeded' || seen.result.upToDate) return this.#tell(seen, owners.look);
    return gate.exclusively(async () => {
      const end = await this.#ingest(asked, true);
      if (end.result?.published === true) onPublished();
      return this.#tell(end, owners.change);
    }, message);
  }

  async #ingest(asked: AskedLook, publish: boolean): Promise<TerminalJobView<IngestResult>> {
    const { folder, dataFolder, fileTimeoutMs } = this.#options;
    const jobs = publish ? this.#changes : this.#looks;
    const { id } = await jobs.start(ingest, {
      ...{ folder, dataFolder, fileTimeoutMs, publish },
      ...{ settleMs: asked.settleMs, takeUnsettled: [...asked.takeUnsettled] },
    });
    this.#atWork = { jobs, id };
    if (this.#ending.signal.aborted) await jobs.cancel(id);
    const end = await jobs.wait(id);
    this.#atWork = undefined;
    await jobs.consume(id);
    return end;
  }

  #tell(end: TerminalJobView<IngestResult>, owner: string): Look {
    const { onNews, events } = this.#options;
    if (end.status === 'canceled') return { published: false, unsettled: [] };
    if (end.status === 'failed') {
      const { code, message } = end.failure;
      // The same is not told each time.
      if (code !== 'unsettled' && this.#told !== message) {
        this.#told = message;
        onNews({ event: 'failed', code, message });
        // What is published is followed already.
        if (owner === owners.look) events.failed(owners.change, end);
      }
      return { published: false, unsettled: [], again: whenAgain(code) };
    }
    const { result } = end;
    if (result.published) onNews({ event: 'published', result });
    else if (this.#told !== undefined) onNews({ event: 'unchanged', result });
    this.#told = undefined;
    return { published: result.published, unsettled: result.unsettled };
  }
}
