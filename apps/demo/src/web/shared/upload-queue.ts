import type { Api, ApiError, UploadedFile, UploadLimits } from '../api.ts';
import type { ChosenFile } from './dropped-files.ts';
import { asApiError } from './resource.ts';
import { sendFiles } from './send-files.ts';
import { Store } from './store.ts';
import { planUpload, type RefusedFile } from './upload-batches.ts';

/**
 * - `idle`: nothing under way.
 * - `reading`: looking through what was dropped.
 * - `sending`: on the way to the server.
 * - `stopped`: the server could not be reached; `retry` goes on with what is left.
 */
export interface UploadState {
  readonly status: 'idle' | 'reading' | 'sending' | 'stopped';
  readonly files: number;
  readonly sentFiles: number;
  readonly bytes: number;
  readonly sentBytes: number;
  /** Of the last upload; shown until they are dismissed. */
  readonly refused: readonly RefusedFile[];
  readonly error: ApiError | undefined;
}

const nothing: UploadState = {
  status: 'idle',
  files: 0,
  sentFiles: 0,
  bytes: 0,
  sentBytes: 0,
  refused: [],
  error: undefined,
};

export interface UploadQueueOptions {
  readonly api: Api;
  /** Undefined when the server cannot be reached; then nothing is taken. */
  readonly limits: () => Promise<UploadLimits | undefined>;
  /** All has arrived; these are the ids to add. */
  readonly onArrived: (uploads: readonly string[]) => void;
}

/**
 * Brings files to the server, some at a time and one request after the other. It belongs to no page,
 * so it goes on while another page is open.
 */
export class UploadQueue extends Store<UploadState> {
  readonly #options: UploadQueueOptions;
  #sending = new AbortController();
  #batches: (readonly ChosenFile[])[] = [];
  #arrived: string[] = [];

  constructor(options: UploadQueueOptions) {
    super(nothing);
    this.#options = options;
  }

  /** Takes files, also while others are on their way. */
  readonly add = async (chosen: ChosenFile[] | Promise<ChosenFile[]>): Promise<void> => {
    if (this.get().status === 'idle') this.set({ ...nothing, status: 'reading' });
    const files = await chosen;
    const limits = await this.#options.limits();
    if (limits === undefined) {
      this.#refuseAll(files, 'The server could not be reached, so it was not sent. Add it again.');
      if (this.get().status === 'reading') this.patch({ status: 'idle' });
      return;
    }
    const { batches, refused } = planUpload(files, limits);
    const now = this.get();
    this.patch({
      files: now.files + batches.flat().length,
      bytes: now.bytes + batches.reduce((sum, batch) => sum + sizeOf(batch), 0),
      refused: [...now.refused, ...refused],
    });
    this.#batches.push(...batches);
    if (now.status !== 'sending') await this.#send();
  };

  /** Goes on after `stopped`. */
  readonly retry = (): void => {
    if (this.get().status === 'stopped') void this.#send();
  };

  /** Stops, and has the server throw away what has arrived. */
  readonly cancel = (): void => {
    this.#sending.abort();
    this.#batches = [];
    const dropped = this.#arrived;
    this.#arrived = [];
    this.set(nothing);
    for (const upload of dropped) this.#options.api.dropUpload(upload).catch(() => undefined);
  };

  readonly dismissRefused = (): void => this.patch({ refused: [], error: undefined });

  async #send(): Promise<void> {
    this.#sending = new AbortController();
    const { signal } = this.#sending;
    this.patch({ status: 'sending', error: undefined });
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      const before = this.get().sentBytes;
      const size = sizeOf(batch);
      const onSent = (sent: number): void =>
        this.patch({ sentBytes: before + Math.min(sent, size) });
      try {
        const { files } = await sendFiles(batch, onSent, signal);
        if (signal.aborted) return;
        this.#take(files);
      } catch (error) {
        if (signal.aborted) return;
        const known = asApiError(error);
        if (isWorthRetrying(known)) {
          this.patch({ status: 'stopped', error: known, sentBytes: before });
          return;
        }
        this.#refuseAll(batch, known.message, known.code);
      }
      this.#batches.shift();
      this.patch({ sentBytes: before + size, sentFiles: this.get().sentFiles + batch.length });
    }
    const arrived = this.#arrived;
    this.#arrived = [];
    const { refused } = this.get();
    this.set({ ...nothing, refused });
    if (arrived.length > 0) this.#options.onArrived(arrived);
  }

  #take(files: readonly UploadedFile[]): void {
    const refused: RefusedFile[] = [];
    for (const { upload, name, problem } of files) {
      if (upload !== null) this.#arrived.push(upload);
      else if (problem !== null) refused.push({ name, problem });
    }
    if (refused.length > 0) this.patch({ refused: [...this.get().refused, ...refused] });
  }

  #refuseAll(files: readonly ChosenFile[], message: string, code = 'offline'): void {
    const problem = { code, message };
    const refused = files.map(({ name }) => ({ name, problem }));
    this.patch({ refused: [...this.get().refused, ...refused] });
  }
}

const sizeOf = (batch: readonly ChosenFile[]): number =>
  batch.reduce((sum, { content }) => sum + content.size, 0);

// The network's fault or the server's, and not the files'.
const isWorthRetrying = ({ status }: ApiError): boolean =>
  status === 0 || status === 429 || status === 503;
