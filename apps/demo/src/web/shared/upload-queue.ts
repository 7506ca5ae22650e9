import type { Api, ApiError, Problem, UploadedFile, UploadLimits } from '../api.ts';
import type { ChosenFile, RefusedFile } from './chosen-file.ts';
import { type ChosenFiles, type LookThrough, unreadable } from './dropped-files.ts';
import { asApiError } from './resource.ts';
import { sendFiles } from './send-files.ts';
import { Store } from './store.ts';
import { planUpload } from './upload-batches.ts';

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
  /** Files and folders of the last upload that nobody means to share; shown as long. */
  readonly passedOver: number;
  readonly error: ApiError | undefined;
}

const nothing: UploadState = {
  status: 'idle',
  files: 0,
  sentFiles: 0,
  bytes: 0,
  sentBytes: 0,
  refused: [],
  passedOver: 0,
  error: undefined,
};

export interface UploadQueueOptions {
  readonly api: Api;
  /** What may be sent, or why nothing can be just now. */
  readonly limits: () => Promise<UploadLimits | Problem>;
  /** All has arrived; these are the ids to add. What it gives is called once nothing is under way. */
  readonly onArrived: (uploads: readonly string[]) => Promise<() => void>;
}

/** One stretch of work, from the first file that was added to the last that has arrived. */
interface Run {
  readonly ending: AbortController;
  readonly batches: (readonly ChosenFile[])[];
  readonly arrived: string[];
  /** Folders that are still being looked through. */
  looking: number;
}

const newRun = (): Run => ({
  ending: new AbortController(),
  batches: [],
  arrived: [],
  looking: 0,
});

/**
 * Brings files to the server, some at a time and one request after the other. It belongs to no page,
 * so it goes on while another page is open.
 */
export class UploadQueue extends Store<UploadState> {
  readonly #options: UploadQueueOptions;
  #run = newRun();

  constructor(options: UploadQueueOptions) {
    super(nothing);
    this.#options = options;
  }

  /** Takes files, also while others are on their way. */
  readonly add = async (chosen: ChosenFiles | LookThrough): Promise<void> => {
    const run = this.#run;
    const { signal } = run.ending;
    run.looking += 1;
    if (this.get().status === 'idle') this.set({ ...nothing, status: 'reading' });
    const found = await (typeof chosen === 'function' ? lookThrough(chosen, signal) : chosen);
    const limits = await this.#options.limits();
    // Whoever cancels while a folder is looked through means all that is in it.
    if (signal.aborted) return;
    run.looking -= 1;
    this.#plan(run, found, limits);
    if (this.get().status !== 'sending') await this.#send(run);
  };

  /** Goes on after `stopped`. */
  readonly retry = (): void => {
    if (this.get().status === 'stopped') void this.#send(this.#run);
  };

  /** Stops, and has the server throw away what has arrived. */
  readonly cancel = (): void => {
    const { ending, arrived } = this.#run;
    this.#run = newRun();
    ending.abort();
    this.set(nothing);
    for (const upload of arrived) this.#options.api.dropUpload(upload).catch(() => undefined);
  };

  readonly dismissRefused = (): void =>
    this.patch({ refused: [], passedOver: 0, error: undefined });

  #plan(run: Run, found: ChosenFiles, limits: UploadLimits | Problem): void {
    this.#refuse(found.unreadable);
    this.patch({ passedOver: this.get().passedOver + found.passedOver });
    if ('code' in limits) {
      this.#refuse(found.files.map(({ name }) => ({ name, problem: limits })));
      return;
    }
    const { batches, refused } = planUpload(found.files, limits);
    this.#refuse(refused);
    this.#expect(batches.flat(), 1);
    run.batches.push(...batches);
  }

  async #send(run: Run): Promise<void> {
    const { signal } = run.ending;
    this.patch({ status: 'sending', error: undefined });
    for (let batch = run.batches[0]; batch !== undefined; batch = run.batches[0]) {
      const before = this.get().sentBytes;
      try {
        // A file that was changed or removed since would take the whole request down with it.
        batch = await this.#leaveOutUnreadable(batch);
        run.batches[0] = batch;
        if (signal.aborted) return;
        if (batch.length > 0) {
          const size = sizeOf(batch);
          const onSent = (sent: number): void =>
            this.patch({ sentBytes: before + Math.min(sent, size) });
          const { files } = await sendFiles(batch, onSent, signal);
          if (signal.aborted) return;
          this.#take(run, batch, files);
        }
      } catch (error) {
        if (signal.aborted) return;
        const known = asApiError(error);
        this.patch({ sentBytes: before });
        if (isWorthRetrying(known)) {
          const readable = await this.#leaveOutUnreadable(batch);
          if (signal.aborted) return;
          run.batches[0] = readable;
          if (readable.length < batch.length) continue;
          this.patch({ status: 'stopped', error: known });
          return;
        }
        const { code, message } = known;
        this.#refuse(batch.map(({ name }) => ({ name, problem: { code, message } })));
      }
      run.batches.shift();
      const { sentFiles } = this.get();
      this.patch({ sentBytes: before + sizeOf(batch), sentFiles: sentFiles + batch.length });
    }
    if (run.looking > 0) this.patch({ status: 'reading' });
    else await this.#end(run);
  }

  async #end(run: Run): Promise<void> {
    const arrived = [...run.arrived];
    const goOn = arrived.length > 0 ? await this.#options.onArrived(arrived) : () => {};
    if (run.ending.signal.aborted) return;
    // More may have been added meanwhile, and goes along.
    if (run.batches.length > 0) return this.#send(run);
    if (run.looking > 0) return this.patch({ status: 'reading' });
    this.#run = newRun();
    const { refused, passedOver } = this.get();
    this.set({ ...nothing, refused, passedOver });
    goOn();
  }

  #take(run: Run, batch: readonly ChosenFile[], answers: readonly UploadedFile[]): void {
    const refused: RefusedFile[] = [];
    for (const [at, { upload, name, problem }] of answers.entries()) {
      if (upload !== null) run.arrived.push(upload);
      // By the name that the person knows; the server has it without what cannot be shown.
      else if (problem !== null) refused.push({ name: batch[at]?.name ?? name, problem });
    }
    this.#refuse(refused);
  }

  /** Names the files that cannot be read any more, and gives the others. */
  async #leaveOutUnreadable(batch: readonly ChosenFile[]): Promise<readonly ChosenFile[]> {
    const looks = await Promise.allSettled(batch.map(({ content }) => touch(content)));
    const gone = batch.filter((_, at) => looks[at]?.status === 'rejected');
    if (gone.length === 0) return batch;
    this.#refuse(
      batch.flatMap(({ name }, at) => {
        const look = looks[at];
        return look?.status === 'rejected' ? [{ name, problem: unreadable(look.reason) }] : [];
      }),
    );
    this.#expect(gone, -1);
    return batch.filter((file) => !gone.includes(file));
  }

  #expect(files: readonly ChosenFile[], sign: 1 | -1): void {
    const { files: before, bytes } = this.get();
    this.patch({ files: before + sign * files.length, bytes: bytes + sign * sizeOf(files) });
  }

  #refuse(files: readonly RefusedFile[]): void {
    if (files.length > 0) this.patch({ refused: [...this.get().refused, ...files] });
  }
}

/** Nothing, where it was canceled. */
async function lookThrough(look: LookThrough, signal: AbortSignal): Promise<ChosenFiles> {
  try {
    return await look(signal);
  } catch (error) {
    if (signal.aborted) return { files: [], unreadable: [], passedOver: 0 };
    throw error;
  }
}

/** Reads a byte: browsers refuse it once a file is another one than was chosen. */
const touch = (content: File): Promise<unknown> => content.slice(0, 1).arrayBuffer();

const sizeOf = (batch: readonly ChosenFile[]): number =>
  batch.reduce((sum, { content }) => sum + content.size, 0);

// The network's fault or the server's, and not the files'.
const isWorthRetrying = ({ status }: ApiError): boolean => [0, 429, 502, 503, 504].includes(status);
