import type { JobClient, JobFailure, JobId } from '@offstage/core';
import { type IngestResult, ingest } from '../change/ingest-job.ts';
import type { AskedLook, Look } from '../watch/folder-loop.ts';
import { watchFolder } from '../watch/watch-folder.ts';
import { whenAgain } from '../watch/when-again.ts';
import type { IngestArguments } from './arguments.ts';
import type { IngestDisplay } from './ingest-display.ts';
import { displayFor, follow, ingestManager, inputOf } from './run-ingest.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** Ingests a folder whenever it has changed, until Ctrl-C. @returns the exit code */
export async function watchInTerminal(args: IngestArguments): Promise<number> {
  const display = displayFor(args);
  const manager = ingestManager();
  const ending = new AbortController();
  const looks = new Looks(args, manager.forOwner('terminal'), display, ending);
  const stop = stopOnSignal({
    cancel: () => {
      ending.abort();
      looks.cancel();
    },
    endAtOnce: () => display.stoppedAtOnce(),
  });
  display.watching(args.folder);
  await watchFolder({
    ...{ folder: args.folder, dataFolder: args.dataFolder, signal: ending.signal },
    look: (asked) => looks.look(asked),
    onWaiting: (path) => display.waiting(path),
    onTaken: (path) => display.taken(path),
    onDeaf: (code) => display.deaf(code),
  });
  stop.disarm();
  await manager.shutdown();
  display.ended();
  if (looks.isHopeless) return 1;
  return looks.wasCanceled ? stop.exitCode() : 0;
}

class Looks {
  readonly #args: IngestArguments;
  readonly #jobs: JobClient;
  readonly #display: IngestDisplay;
  readonly #ending: AbortController;
  #atWork: JobId<IngestResult> | undefined;
  #isFirst = true;
  /** What was told of the last look that failed, so that the same is not told each time. */
  #told: string | undefined;
  #isEnding = false;
  wasCanceled = false;
  /** There was no such folder from the beginning. */
  isHopeless = false;

  constructor(
    args: IngestArguments,
    jobs: JobClient,
    display: IngestDisplay,
    ending: AbortController,
  ) {
    this.#ending = ending;
    this.#args = args;
    this.#jobs = jobs;
    this.#display = display;
  }

  cancel(): void {
    this.#isEnding = true;
    if (this.#atWork === undefined) return;
    this.#display.canceling();
    void this.#jobs.cancel(this.#atWork);
  }

  async look(asked: AskedLook): Promise<Look> {
    const startedAt = performance.now();
    const { id } = await this.#jobs.start(ingest, {
      ...inputOf(this.#args),
      // Once is enough: what it has read is known from then on.
      checksum: this.#args.checksum && this.#isFirst,
      settleMs: asked.settleMs,
      takeUnsettled: [...asked.takeUnsettled],
    });
    this.#atWork = id;
    if (this.#isEnding) this.cancel();
    const end = await follow(this.#jobs, id, this.#meter(id));
    this.#atWork = undefined;
    await this.#jobs.consume(id);
    if (end.status === 'canceled') {
      this.wasCanceled = true;
      this.#display.canceled(undefined);
      return { published: false, unsettled: [] };
    }
    if (end.status === 'failed') return this.#failed(end.failure);
    const { published, unsettled } = end.result;
    const ms = performance.now() - startedAt;
    if (published) this.#display.published(end.result, ms);
    // Most looks find nothing: it is said where somebody waits for an answer.
    else if (this.#isFirst || this.#told !== undefined) this.#display.unchanged(end.result, ms);
    this.#isFirst = false;
    this.#told = undefined;
    return { published, unsettled };
  }

  #failed(failure: JobFailure): Look {
    const { code, message } = failure;
    if (code !== 'unsettled' && this.#told !== message) {
      this.#told = message;
      this.#display.failed(failure);
    }
    if (this.#isFirst && (code === 'folder_not_found' || code === 'not_a_folder')) {
      this.isHopeless = true;
      this.#ending.abort();
    }
    return { published: false, unsettled: [], again: whenAgain(code) };
  }

  /** Nothing is shown of a look that comes to nothing. */
  #meter(id: string): Pick<IngestDisplay, 'progress'> {
    let isShown = false;
    return {
      progress: (events, missed) => {
        if (!isShown && events.every(({ phase }) => phase === 'scan')) return;
        if (!isShown) this.#display.started(id);
        isShown = true;
        this.#display.progress(events, missed);
      },
    };
  }
}
