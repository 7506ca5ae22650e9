import { lstatSync } from 'node:fs';
import path from 'node:path';
import { type Collection, type FoundFile, readFound } from '../corpus/collect.ts';
import { currentStamp } from '../corpus/file-stamp.ts';
import type { KnownFile } from '../search/known-files.ts';
import type { IndexedFile } from '../search/search-index.ts';

export interface FolderPlanOptions {
  readonly signal: AbortSignal;
  readonly maxFileBytes: number;
  /** By which files are read now: what failed by others is tried again. */
  readonly limits: string;
  /** Every file is read and compared, whatever its times say, and what failed by a limit is tried again. */
  readonly checksum: boolean;
  /** A file that was changed more recently, in milliseconds, stays as it is known for now. */
  readonly settleMs: number;
  /** Paths of files that are taken though they are being written to. */
  readonly takeUnsettled: ReadonlySet<string>;
  readonly now: number;
}

/** What an ingest of a folder does to the files that are known. */
export interface FolderPlan {
  /** To be read, in their order. */
  readonly read: readonly FoundFile[];
  /** Entries that are listed anew with the reason why they are not read. */
  readonly refused: Collection['refused'];
  /** Known by their paths, and to be taken out of the index: they are gone, or come anew. */
  readonly leaving: readonly KnownFile[];
  /** They have the same content under other times. */
  readonly restamped: readonly Pick<IndexedFile, 'path' | 'modifiedAt' | 'stamp'>[];
  /** How many are as they were. */
  readonly unchanged: number;
  /** Paths of files that are being written to, and wait. */
  readonly unsettled: readonly string[];
}

/** Other limits may change what became of such a file; anything else is the file's own. */
const failsByLimit = new Set(['timeout', 'out_of_memory', 'crashed', 'too_large']);

/** What is to be noted of a failure, so that it is tried again under other limits. */
export const limitsOf = ({ code }: { readonly code: string }, limits: string): string | null =>
  failsByLimit.has(code) ? limits : null;

/**
 * Compares a folder with what is known of it. By size and times alone where they tell; where they do not,
 * by content. Nothing is parsed for it.
 *
 * @param known Those of the folder, by their paths.
 */
export function planFolder(
  known: ReadonlyMap<string, KnownFile>,
  { files, refused }: Pick<Collection, 'files' | 'refused'>,
  options: FolderPlanOptions,
): FolderPlan {
  const { signal, settleMs, takeUnsettled, now } = options;
  const read: FoundFile[] = [];
  const restamped: FolderPlan['restamped'][number][] = [];
  const unsettled: string[] = [];
  const staying = new Set<string>();
  for (const [at, file] of files.entries()) {
    if (at % 256 === 0) signal.throwIfAborted();
    const before = known.get(file.path);
    if (before === undefined && settleMs === 0) {
      read.push(file);
      continue;
    }
    const stats = lstatSync(file.absolute, { throwIfNoEntry: false });
    const age = now - (stats?.ctimeMs ?? 0);
    // A time to come says nothing: clocks are set back.
    if (age >= 0 && age < settleMs && !takeUnsettled.has(file.path)) {
      unsettled.push(file.path);
      if (before !== undefined) staying.add(file.path);
      continue;
    }
    const same = before !== undefined && stats !== undefined && !mayDiffer(before, options);
    if (!same) {
      read.push(file);
    } else if (!options.checksum && before.stamp === currentStamp(stats)) {
      staying.add(file.path);
    } else {
      const found = stats.size === before.bytes ? sameContent(file, before, options) : undefined;
      if (found === undefined) {
        read.push(file);
      } else {
        staying.add(file.path);
        restamped.push(found);
      }
    }
  }
  const refusedAnew = refused.filter(({ path: name, failure }) => {
    const before = known.get(name);
    const isSame =
      before?.sha256 === null &&
      before.failure?.code === failure.code &&
      before.failure.message === failure.message;
    if (isSame) staying.add(name);
    return !isSame;
  });
  return {
    ...{ read, refused: refusedAnew, restamped, unsettled, unchanged: staying.size },
    leaving: [...known.values()].filter((file) => !staying.has(file.path)),
  };
}

/** Whether another look at the same content may come to something else. */
function mayDiffer(file: KnownFile, options: FolderPlanOptions): boolean {
  const { failure, limits, isOutdated } = file;
  if (isOutdated) return true;
  if (failure === null) return false;
  if (!failsByLimit.has(failure.code)) return failure.code === 'unreadable';
  return options.checksum || limits !== options.limits;
}

function sameContent(file: FoundFile, { sha256 }: KnownFile, { maxFileBytes }: FolderPlanOptions) {
  if (sha256 === null) return undefined;
  const now = readFound(file, maxFileBytes);
  if ('failure' in now || now.sha256 !== sha256) return undefined;
  return { path: file.path, modifiedAt: now.modifiedAt, stamp: now.stamp };
}

/**
 * Files that are known by what they hold, so that one that was moved or copied need not be parsed. Parsers
 * look at the end of a name as well.
 */
export class KnownContents {
  /** The first path of each content. */
  readonly #paths = new Map<string, string>();
  /** Of those that have several, the others: few, where there may be very many files. */
  readonly #others = new Map<string, string[]>();

  constructor(known: Iterable<KnownFile>) {
    for (const { path: name, sha256, failure, isOutdated } of known) {
      if (sha256 === null || failure !== null || isOutdated) continue;
      if (!this.#paths.has(sha256)) {
        this.#paths.set(sha256, name);
        continue;
      }
      const others = this.#others.get(sha256);
      if (others === undefined) this.#others.set(sha256, [name]);
      else others.push(name);
    }
  }

  /** The path of a file with the same content and the same extension. */
  find(name: string, sha256: string | null): string | undefined {
    if (sha256 === null) return undefined;
    const extension = extensionOf(name);
    const first = this.#paths.get(sha256);
    if (first === undefined || extensionOf(first) === extension) return first;
    return this.#others.get(sha256)?.find((other) => extensionOf(other) === extension);
  }
}

const extensionOf = (name: string): string => path.extname(name).toLowerCase();
