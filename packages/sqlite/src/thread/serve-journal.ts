import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { journalError, toPlain } from '../shared/journal-error.ts';
import {
  answerSoon,
  type FromThread,
  type JournalThreadData,
  type PlainError,
  type ToThread,
} from '../shared/wire.ts';
import { type FileEntry, readWrites } from './entry-reader.ts';
import { JournalFile, type OnStep } from './journal-file.ts';
import { Tables } from './tables.ts';

const jobsAtOnce = 500;

// So long the thread waits by shared memory for what comes after a group: it is woken faster from that than
// from its event loop. Longer would gain nothing, and what else asks for the thread waits meanwhile.
const attentiveMs = 50;

// Roused before its message is made, the thread looks for it so long before it sleeps again.
const lookOutMs = 0.05;

/** Opens the journal, says what is in it, and then keeps what it is sent. */
export function serveJournal(
  port: MessagePort,
  options: JournalThreadData,
  onStep: OnStep = () => undefined,
): void {
  const posted = new Int32Array(options.posted);
  const receive = (): ToThread | undefined => receiveMessageOnPort(port)?.message;
  const send = (message: FromThread, bytes?: Uint8Array<ArrayBuffer>): void => {
    port.postMessage(message, bytes === undefined ? [] : [bytes.buffer]);
  };
  let served: Served;
  try {
    served = open(options, send, onStep);
  } catch (error) {
    send({ is: 'refused', error: toPlain(journalError(error, options.path)) });
    port.close();
    return;
  }
  onStep('open: read');

  port.on('message', (first: ToThread) => {
    let next: ToThread | undefined = first;
    for (;;) {
      // Read before the last look for messages: one that comes after it raises this.
      const seen = Atomics.load(posted, 0);
      next ??= receive();
      // All that waits is one group, with one sync.
      const group: Uint8Array[] = [];
      for (; next instanceof Uint8Array; next = receive()) group.push(next);
      if (group.length > 0) {
        onStep('group: taken');
        send(served.keep(group));
        onStep('group: answered');
        served.tidyLater();
      }
      if (next === 'close') {
        send(served.close());
        port.close();
        return;
      }
      if (group.length === 0) lookOut(posted, seen);
      if (!served.isTidy || Atomics.wait(posted, 0, seen, attentiveMs) === 'timed-out') return;
    }
  });
}

function lookOut(posted: Int32Array, seen: number): void {
  const until = performance.now() + lookOutMs;
  while (Atomics.load(posted, 0) === seen && performance.now() < until);
}

function open(
  options: JournalThreadData,
  send: (message: FromThread, bytes?: Uint8Array<ArrayBuffer>) => void,
  onStep: OnStep,
): Served {
  const file = JournalFile.open(options, onStep, undefined, new Int32Array(options.closing));
  try {
    const tables = new Tables(file.database, options.maxKept);
    for (const { jobs, bytes } of tables.readJobs(jobsAtOnce))
      send({ is: 'jobs', jobs, bytes }, bytes);
    const schedules = tables.readSchedules();
    send({ is: 'opened', schedules });
    return new Served(file, tables, options.path, () => send(answerSoon), onStep);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open journal. Once the disk has failed, it takes no more: what is on it is not known then. */
class Served {
  readonly #file: JournalFile;
  readonly #tables: Tables;
  readonly #path: string;
  readonly #announce: () => void;
  readonly #onStep: OnStep;
  #broken: PlainError | undefined;
  #tidying: NodeJS.Immediate | undefined;

  /** @param announce Says that an answer is about to come. */
  constructor(
    file: JournalFile,
    tables: Tables,
    path: string,
    announce: () => void,
    onStep: OnStep,
  ) {
    this.#file = file;
    this.#tables = tables;
    this.#path = path;
    this.#announce = announce;
    this.#onStep = onStep;
  }

  keep(group: readonly Uint8Array[]): FromThread {
    clearImmediate(this.#tidying);
    this.#tidying = undefined;
    if (this.#broken !== undefined) return refuseAll(group, this.#broken);
    const { count, error } = this.#try(group, () => true);
    if (error === undefined) return count;
    if (error.code !== 'journal_full') {
      this.#broken = error;
      return refuseAll(group, error);
    }
    // Jobs that are there go on to their end; what would make the file grow has to wait.
    const grows = growing(group);
    const again = grows.size < count ? this.#try(group, (index) => !grows.has(index)) : { error };
    if (again.error !== undefined) return refuseAll(group, again.error);
    return { is: 'written', count, refused: [...grows].map((index) => [index, error]) };
  }

  /** Whether nothing is left to give back. */
  get isTidy(): boolean {
    return this.#tidying === undefined;
  }

  /** Does what nobody waits for. Gives room back while there is nothing to write, and some of it in any case. */
  tidyLater(): void {
    if (this.#broken !== undefined) return;
    this.#file.noteLog();
    if (!this.#tables.hasDeleted) return;
    if (!this.#file.hasSlack) {
      this.#tables.hasDeleted = false;
      return;
    }
    try {
      this.#file.shrink();
    } catch (error) {
      if (journalError(error, this.#path).code !== 'journal_full') throw error;
      return;
    }
    this.#tidying = setImmediate(() => this.tidyLater());
  }

  close(): FromThread {
    clearImmediate(this.#tidying);
    try {
      this.#file.close();
      return { is: 'closed' };
    } catch (error) {
      return { is: 'closed', error: toPlain(journalError(error, this.#path)) };
    }
  }

  /** Keeps the writes that are wanted in one transaction, or none and says why. Counts all. */
  #try(group: readonly Uint8Array[], isWanted: (index: number) => boolean): Tried {
    let count = 0;
    try {
      this.#file.transaction(() => {
        count = forEachEntry(group, (entry, index) => {
          if (!isWanted(index)) return;
          this.#tables.apply(entry);
          this.#onStep('group: entry written');
        });
        this.#tables.prune();
      }, this.#announce);
      return { count };
    } catch (error) {
      const coded = journalError(error, this.#path);
      if (coded.code === 'journal_full') this.#tables.reload();
      return { count: countOf(group), error: toPlain(coded) };
    }
  }
}

interface Tried {
  readonly count: number;
  readonly error?: PlainError;
}

function refuseAll(group: readonly Uint8Array[], error: PlainError): FromThread {
  const count = countOf(group);
  return {
    is: 'written',
    count,
    refused: Array.from({ length: count }, (_, index) => [index, error] as const),
  };
}

const countOf = (group: readonly Uint8Array[]): number => forEachEntry(group, () => {});

/** Calls `each` with every entry of a group, and which of its writes it belongs to. Returns how many it has. */
function forEachEntry(
  group: readonly Uint8Array[],
  each: (entry: FileEntry, index: number) => void,
): number {
  let first = 0;
  for (const bytes of group)
    first += readWrites(bytes, (entry, write) => each(entry, first + write));
  return first;
}

/** The writes that would make the file grow. */
function growing(group: readonly Uint8Array[]): ReadonlySet<number> {
  const found = new Set<number>();
  forEachEntry(group, ({ type }, index) => {
    if (type === 'admitted' || type === 'saved' || type === 'schedule') found.add(index);
  });
  return found;
}
