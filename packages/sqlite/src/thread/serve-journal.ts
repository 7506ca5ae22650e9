import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { journalError, toPlain } from '../shared/journal-error.ts';
import type { FromThread, JournalThreadOptions, PlainError, ToThread } from '../shared/wire.ts';
import { type FileEntry, readWrites } from './entry-reader.ts';
import { JournalFile, type OnStep } from './journal-file.ts';
import { Tables } from './tables.ts';

const jobsAtOnce = 500;

type Writes = Extract<ToThread, { is: 'writes' }>;

/** Opens the journal, says what is in it, and then keeps what it is sent. */
export function serveJournal(
  port: MessagePort,
  options: JournalThreadOptions,
  onStep: OnStep = () => undefined,
): void {
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
    // All that waits is one group, with one sync.
    const group: Writes[] = [];
    let last: ToThread | undefined = first;
    for (; last?.is === 'writes'; last = receiveMessageOnPort(port)?.message) group.push(last);
    if (group.length > 0) {
      onStep('group: taken');
      send(served.keep(group));
      onStep('group: answered');
      served.tidyLater();
    }
    if (last?.is !== 'close') return;
    send(served.close());
    port.close();
  });
}

function open(
  options: JournalThreadOptions,
  send: (message: FromThread, bytes?: Uint8Array<ArrayBuffer>) => void,
  onStep: OnStep,
): Served {
  const file = JournalFile.open(options, onStep);
  try {
    const tables = new Tables(file.database, options.maxKept);
    for (const { jobs, bytes } of tables.readJobs(jobsAtOnce))
      send({ is: 'jobs', jobs, bytes }, bytes);
    const schedules = tables.readSchedules();
    send({ is: 'opened', schedules });
    return new Served(file, tables, options.path, onStep);
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
  readonly #onStep: OnStep;
  #broken: PlainError | undefined;
  #tidying: NodeJS.Immediate | undefined;

  constructor(file: JournalFile, tables: Tables, path: string, onStep: OnStep) {
    this.#file = file;
    this.#tables = tables;
    this.#path = path;
    this.#onStep = onStep;
  }

  keep(group: readonly Writes[]): FromThread {
    clearImmediate(this.#tidying);
    const count = group.reduce((sum, writes) => sum + writes.count, 0);
    let refused: readonly (readonly [number, PlainError])[] = [];
    const refuse = (error: PlainError): void => {
      refused = Array.from({ length: count }, (_, index) => [index, error] as const);
    };
    if (this.#broken !== undefined) {
      refuse(this.#broken);
    } else {
      const error = this.#try(group, () => true);
      if (error?.code === 'journal_full') {
        // Jobs that are there go on to their end; what would make the file grow has to wait.
        const grows = growing(group);
        const again = grows.size < count ? this.#try(group, (index) => !grows.has(index)) : error;
        if (again !== undefined) refuse(again);
        else refused = [...grows].map((index) => [index, error] as const);
      } else if (error !== undefined) {
        this.#broken = error;
        refuse(error);
      }
    }
    return { is: 'written', count, groups: group.length, refused };
  }

  /** Gives room back while there is nothing to write, and some of it in any case. */
  tidyLater(): void {
    if (this.#broken !== undefined || !this.#tables.hasDeleted) return;
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

  /** Keeps the writes that are wanted in one transaction, or none and says why. */
  #try(group: readonly Writes[], isWanted: (index: number) => boolean): PlainError | undefined {
    try {
      this.#file.transaction(() => {
        forEachEntry(group, (entry, index) => {
          if (!isWanted(index)) return;
          this.#tables.apply(entry);
          this.#onStep('group: entry written');
        });
        this.#tables.prune();
      });
      return undefined;
    } catch (error) {
      const coded = journalError(error, this.#path);
      if (coded.code === 'journal_full') this.#tables.reload();
      return toPlain(coded);
    }
  }
}

/** Calls `each` with every entry of a group, and which of its writes it belongs to. */
function forEachEntry(
  group: readonly Writes[],
  each: (entry: FileEntry, index: number) => void,
): void {
  let first = 0;
  for (const { count, bytes } of group) {
    readWrites(bytes, (entry, write) => each(entry, first + write));
    first += count;
  }
}

/** The writes that would make the file grow. */
function growing(group: readonly Writes[]): ReadonlySet<number> {
  const found = new Set<number>();
  forEachEntry(group, ({ type }, index) => {
    if (type === 'admitted' || type === 'saved' || type === 'schedule') found.add(index);
  });
  return found;
}
