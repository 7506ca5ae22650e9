import type { JobClient } from '@offstage/core';
import type { StagedFile } from '../../change/change-work.ts';
import type { ParserSettings } from '../../reading/parser-settings.ts';
import { readUploads } from '../../reading/read-job.ts';
import type { UploadWatcher } from './upload-store.ts';

export interface ReadAheadOptions {
  readonly client: JobClient;
  readonly parsing: ParserSettings;
}

/** So few that a job is a matter of a second or two. */
const maxFilesPerJob = 250;
/** Beyond it, uploads are read with their change. */
const maxQueued = 20_000;

/**
 * Has uploads read while others arrive, by one job at a time, and by none while the corpus is being
 * changed: the change has the thread and the parsers to itself, and reads what is missing.
 */
export class ReadAhead implements UploadWatcher {
  readonly #options: ReadAheadOptions;
  /** By their places, oldest first. */
  readonly #queue = new Map<string, StagedFile>();
  #isPaused = false;
  #isReading = false;
  #job: Promise<void> | undefined;
  #jobId: string | undefined;
  /** The job at work is to end early. */
  #shouldGiveWay = false;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  arrived(file: StagedFile): void {
    if (this.#queue.size < maxQueued) this.#queue.set(file.staged, file);
    void this.#readQueue();
  }

  left(file: StagedFile): void {
    this.#queue.delete(file.staged);
  }

  /** Gives way to a change. Resolves when the job that was at work has ended. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#shouldGiveWay = true;
    this.#giveWay();
    await this.#job;
  }

  resume(): void {
    this.#isPaused = false;
    void this.#readQueue();
  }

  async #readQueue(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    // The files of a request are told of one by one, all before this goes on.
    await undefined;
    while (!this.#isPaused && this.#queue.size > 0) {
      const files = [...this.#queue.values()].slice(0, maxFilesPerJob);
      for (const file of files) this.left(file);
      this.#shouldGiveWay = false;
      // Whatever happens here, the change reads what is missing, and says so if it cannot.
      this.#job = this.#readSome(files).catch(() => undefined);
      await this.#job;
    }
    this.#isReading = false;
  }

  async #readSome(files: readonly StagedFile[]): Promise<void> {
    const { client, parsing } = this.#options;
    const { id } = await client.start(readUploads, {
      files: files.map(({ name, staged }) => ({ name, staged })),
      ...parsing,
    });
    this.#jobId = id;
    this.#giveWay();
    try {
      await client.wait(id);
    } finally {
      this.#jobId = undefined;
      await client.consume(id);
    }
  }

  #giveWay(): void {
    if (this.#jobId === undefined || !this.#shouldGiveWay) return;
    void this.#options.client.cancel(this.#jobId).catch(() => undefined);
  }
}
