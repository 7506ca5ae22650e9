import { type JobView, OffstageError } from '@offstage/core';
import { isForGood } from '../../change/change-handler.ts';
import { change } from '../../change/change-job.ts';
import type { StagedFile } from '../../change/change-work.ts';
import type { Busy, Interruption } from '../../web/api.ts';
import { Problem } from '../requests/problem.ts';
import type { ReadAhead } from '../uploads/read-ahead.ts';
import type { UploadStore } from '../uploads/upload-store.ts';
import { describeChange } from './describe-change.ts';
import type { ChangeEngine } from './hosted-changes.ts';
import type { KeptChange } from './kept-changes.ts';

export interface CorpusGateParts {
  readonly manager: ChangeEngine;
  readonly uploads: UploadStore;
  /** Where uploads are read ahead. */
  readonly readAhead: ReadAhead | undefined;
  /** Another version is current. */
  readonly onPublished: () => void;
}

/** A change of the corpus, from the moment at which it is asked for until its job has ended. */
interface ChangeAtWork {
  readonly session: string;
  readonly files: readonly StagedFile[];
  readonly since: number;
  /** When this server took it up, where another one had begun it. */
  readonly resumedAt: number | null;
  /** `undefined` until it is admitted. */
  jobId: string | undefined;
}

/**
 * Who may change the corpus: one job, or one piece of work that is no job (D5).
 *
 *   open ──admit────────> a change        (until its job has ended; holds its uploads)
 *   open ──exclusively──> a rollback, or what has changed in a watched folder
 *                                         (the manager's maintenance, which admits no job)
 *
 * Each is refused while there is another, and hears why. What is read ahead gives way to both.
 */
export class CorpusGate {
  readonly #parts: CorpusGateParts;
  #change: ChangeAtWork | undefined;
  #exclusive: { readonly since: number; readonly message: string } | undefined;
  /** Changes that this server took up, until their sessions have been told. */
  readonly #resumed: KeptChange[] = [];

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
   * @throws Problem `unknown_upload`, `storage_full`
   * @throws OffstageError `conflict`, saying why one has to wait; what `start` throws.
   */
  async admit(
    session: string,
    wanted: readonly string[],
    start: (files: readonly StagedFile[]) => Promise<JobView>,
  ): Promise<JobView> {
    const { uploads, readAhead } = this.#parts;
    const files = uploads.take(session, wanted);
    const asked: ChangeAtWork = {
      ...{ session, files, since: Date.now(), resumedAt: null, jobId: undefined },
    };
    try {
      if (this.#isHeld) throw this.#conflict(session);
      this.#change = asked;
      // Uploads are read on while the job is noted on disk; it begins when that has given way.
      const job = await start(files);
      asked.jobId = job.id;
      if (this.#change === asked) void readAhead?.pause();
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

  /**
   * Does what is no job while nothing else changes the corpus.
   *
   * @param message What whoever has to wait for it is told.
   * @throws Problem 409 `conflict`
   */
  async exclusively<T>(work: () => Promise<T>, message = rollbackMessage): Promise<T> {
    const { manager, readAhead } = this.#parts;
    if (this.#isHeld) throw mustWait();
    this.#exclusive = { since: Date.now(), message };
    let isAtWork = false;
    try {
      await readAhead?.pause();
      await using _maintenance = await manager.enterMaintenance();
      isAtWork = true;
      return await work();
    } catch (error) {
      const isHeld = !isAtWork && OffstageError.isInstance(error) && error.code === 'conflict';
      throw isHeld ? mustWait() : error;
    } finally {
      this.#exclusive = undefined;
      this.#letReadAhead();
    }
  }

  /** Why a session has to wait; `null` where it may change the corpus. */
  busy(session: string): Busy | null {
    if (this.#exclusive !== undefined) {
      return { mine: false, jobId: null, resumedAt: null, ...this.#exclusive };
    }
    if (this.#change === undefined) return null;
    const { since, resumedAt, jobId = null } = this.#change;
    const mine = this.#change.session === session;
    const message = mine
      ? 'Another change of yours is at work, maybe in another tab. Wait until it has ended, or cancel it.'
      : 'Somebody else is changing the documents. Wait until that has ended.';
    return { mine, jobId: mine ? jobId : null, since, resumedAt, message };
  }

  /** Goes on with a change that a former server admitted; its uploads are its own as before (D7). */
  resume(change: KeptChange): void {
    const { jobId, session, since, asked } = change;
    const { uploads, readAhead } = this.#parts;
    const files = uploads.ofChange(session, asked.add);
    this.#change = { jobId, session, since, files, resumedAt: Date.now() };
    this.#resumed.push(change);
    void readAhead?.pause();
  }

  /** A session's changes that this server took up, newest first. */
  interruptions(session: string): readonly Interruption[] {
    return this.#resumed
      .filter((resumed) => resumed.session === session)
      .map(({ jobId, since, asked }) => ({
        ...{ jobId, at: since, what: describeChange(asked) },
        isAtWork: this.#change?.jobId === jobId,
      }))
      .reverse();
  }

  /** False where the session has no such interruption. */
  dismiss(session: string, jobId: string): boolean {
    const at = this.#resumed.findIndex(
      (resumed) => resumed.session === session && resumed.jobId === jobId,
    );
    if (at !== -1) this.#resumed.splice(at, 1);
    return at !== -1;
  }

  get #isHeld(): boolean {
    return this.#change !== undefined || this.#exclusive !== undefined;
  }

  #onEnd(owner: string, { id, status, failure }: JobView): void {
    const ended = this.#change;
    if (ended === undefined || ended.session !== owner || (ended.jobId ?? id) !== id) return;
    const { uploads, onPublished } = this.#parts;
    const { session, files } = ended;
    this.#change = undefined;
    const isOver = status === 'succeeded' || (failure !== undefined && isForGood(failure.code));
    if (isOver) void uploads.gone(session, files);
    else uploads.giveBack(session, files);
    if (status === 'succeeded') onPublished();
    this.#letReadAhead();
  }

  #letReadAhead(): void {
    if (!this.#isHeld) this.#parts.readAhead?.resume();
  }

  #conflict(session: string, cause?: unknown): OffstageError {
    const { message = waitMessage } = this.busy(session) ?? {};
    return new OffstageError('conflict', message, { cause });
  }
}

const rollbackMessage = 'An older version is being made current. Wait until that has ended.';
const waitMessage = 'The documents are being changed. Wait until that has ended.';
const mustWait = (): Problem => new Problem(409, 'conflict', waitMessage);
