import { type JobManager, type JobView, OffstageError } from '@offstage/core';
import { isForGood } from '../../change/change-handler.ts';
import { change } from '../../change/change-job.ts';
import type { StagedFile } from '../../change/change-work.ts';
import type { Busy } from '../../web/api.ts';
import { Problem } from '../requests/problem.ts';
import type { ReadAhead } from '../uploads/read-ahead.ts';
import type { UploadStore } from '../uploads/upload-store.ts';
import type { JobJournal } from './job-journal.ts';

export interface CorpusGateParts {
  readonly manager: JobManager;
  readonly uploads: UploadStore;
  readonly readAhead: ReadAhead;
  readonly journal: JobJournal;
  /** Another version is current. */
  readonly onPublished: () => void;
  readonly report: (error: unknown, context: { readonly jobId: string }) => void;
}

/** A change of the corpus, from the moment at which it is asked for until its job has ended. */
interface ChangeAtWork {
  readonly session: string;
  readonly files: readonly StagedFile[];
  readonly since: number;
  /** `undefined` until it is admitted. */
  jobId: string | undefined;
  hasEnded: boolean;
}

/**
 * Who may change the corpus: one job, or one piece of work that is no job (D5).
 *
 *   open ──admit────────> a change        (until its job has ended; holds its uploads)
 *   open ──exclusively──> a rollback      (the manager's maintenance, which admits no job)
 *
 * Each is refused while there is another, and hears why. What is read ahead gives way to both.
 */
export class CorpusGate {
  readonly #parts: CorpusGateParts;
  #change: ChangeAtWork | undefined;
  #exclusiveSince: number | undefined;
  /** The job that nobody but the end of this server stops. */
  #cutShort: string | undefined;

  constructor(parts: CorpusGateParts) {
    this.#parts = parts;
    const { manager } = parts;
    for (const end of ['succeeded', 'failed', 'canceled'] as const) {
      manager.on(end, ({ owner, job }) => {
        if (job.name === change.name) this.#onEnd(owner, job);
      });
    }
  }

  /**
   * Hands uploads of a session to a job. They are its own until it ends, and wait again unless it has
   * published them or has found them to be of no use.
   *
   * @param what for the person, and names no file.
   * @throws Problem `unknown_upload`
   * @throws OffstageError `conflict`, saying why one has to wait; what `start` throws.
   */
  async admit(
    session: string,
    wanted: readonly string[],
    what: string,
    start: (files: readonly StagedFile[]) => Promise<JobView>,
  ): Promise<JobView> {
    const { uploads, readAhead } = this.#parts;
    const files = uploads.take(session, wanted);
    const asked: ChangeAtWork = {
      ...{ session, files, since: Date.now() },
      ...{ jobId: undefined, hasEnded: false },
    };
    try {
      if (this.#isHeld) throw this.#conflict(session);
      this.#change = asked;
      await readAhead.pause();
      const job = await start(files);
      asked.jobId = job.id;
      if (!asked.hasEnded)
        this.#note(job.id, (journal) => journal.began(entryOf(asked, job, what)));
      return job;
    } catch (error) {
      if (this.#change === asked) this.#change = undefined;
      uploads.giveBack(session, files);
      this.#letReadAhead();
      const isHeld =
        OffstageError.isInstance(error) && /^(?:conflict|admission_paused)$/.test(error.code);
      throw isHeld ? this.#conflict(session, error) : error;
    }
  }

  /** Does what is no job while nothing else changes the corpus. @throws Problem 409 `conflict` */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const { manager, readAhead } = this.#parts;
    if (this.#isHeld) throw mustWait();
    await readAhead.pause();
    try {
      using _maintenance = manager.enterMaintenance();
      this.#exclusiveSince = Date.now();
      return await work();
    } catch (error) {
      const isHeld = this.#exclusiveSince === undefined && OffstageError.isInstance(error);
      throw isHeld && error.code === 'conflict' ? mustWait() : error;
    } finally {
      this.#exclusiveSince = undefined;
      this.#letReadAhead();
    }
  }

  /** Why a session has to wait; `null` where it may change the corpus. */
  busy(session: string): Busy | null {
    if (this.#exclusiveSince !== undefined) {
      const message = 'An older version is being made current. Wait until that has ended.';
      return { mine: false, jobId: null, since: this.#exclusiveSince, message };
    }
    if (this.#change === undefined) return null;
    const { since, jobId = null } = this.#change;
    const mine = this.#change.session === session;
    const message = mine
      ? 'Another change of yours is at work, maybe in another tab. Wait until it has ended, or cancel it.'
      : 'Somebody else is changing the documents. Wait until that has ended.';
    return { mine, jobId: mine ? jobId : null, since, message };
  }

  /** Before the manager ends: what it cuts short is told by the next server, as after a kill. */
  async close(): Promise<void> {
    const { session, jobId } = this.#change ?? {};
    if (session === undefined || jobId === undefined) return;
    const job = await this.#parts.manager.forOwner(session).get(jobId);
    if (job?.cancelRequested === false) this.#cutShort = jobId;
  }

  get #isHeld(): boolean {
    return this.#change !== undefined || this.#exclusiveSince !== undefined;
  }

  #onEnd(owner: string, { id, status, failure }: JobView): void {
    const ended = this.#change;
    if (ended === undefined || ended.session !== owner || (ended.jobId ?? id) !== id) return;
    const { uploads, onPublished } = this.#parts;
    const { session, files } = ended;
    ended.hasEnded = true;
    this.#change = undefined;
    const isOver = status === 'succeeded' || (failure !== undefined && isForGood(failure.code));
    if (isOver) void uploads.gone(session, files);
    else uploads.giveBack(session, files);
    if (status === 'succeeded') onPublished();
    this.#letReadAhead();
    if (isOver || this.#cutShort !== id) this.#note(id, (journal) => journal.ended(id));
  }

  #letReadAhead(): void {
    if (!this.#isHeld) this.#parts.readAhead.resume();
  }

  #conflict(session: string, cause?: unknown): OffstageError {
    const { message = waitMessage } = this.busy(session) ?? {};
    return new OffstageError('conflict', message, { cause });
  }

  /** A change is at work, or was, whether or not that can be written. */
  #note(jobId: string, write: (journal: JobJournal) => void): void {
    try {
      write(this.#parts.journal);
    } catch (error) {
      this.#parts.report(error, { jobId });
    }
  }
}

const entryOf = ({ session, since }: ChangeAtWork, { id }: JobView, what: string) => ({
  ...{ jobId: id, owner: session, at: since, what },
});

const waitMessage = 'The documents are being changed. Wait until that has ended.';
const mustWait = (): Problem => new Problem(409, 'conflict', waitMessage);
