import { constants, copyFileSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import {
  type Draft,
  type HandledJob,
  handle,
  type JobContext,
  PublicError,
  type ReturnOf,
  type Version,
} from '@offstage/core';
import type { FoundFile } from '../corpus/collect.ts';
import { CorpusHash, type CorpusMetadata, configHash } from '../corpus/corpus-metadata.ts';
import { randomHex } from '../corpus/random-hex.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { chunkingOf } from '../reading/chunk.ts';
import { type HandOutOptions, handOut } from '../reading/hand-out.ts';
import type { ParseOutcome } from '../reading/messages.ts';
import { type Parsed, parseAhead } from '../reading/parse-ahead.ts';
import type { ParseCache } from '../reading/parse-cache.ts';
import { UploadReads } from '../reading/upload-reads.ts';
import {
  type FileRow,
  fileRows,
  indexFile,
  openIndex,
  originalPath,
  SearchIndexWriter,
  shownNotes,
} from '../search/search-index.ts';
import { type FileOutcome, maxListedOutcomes } from './change-job.ts';
import { ChangeLimit } from './change-limit.ts';
import { type ChangePlan, type PlannedFile, planChange } from './change-plan.ts';
import { changeWork, type StagedFile } from './change-work.ts';
import { progressMessage, type SlowFile } from './file-progress.ts';
import { asFinal, asPublicError } from './public-errors.ts';
import { publishedBefore, saveOutcome } from './published-before.ts';
import { SlowWatch } from './slow-watch.ts';

type Context = JobContext<typeof changeWork>;
type Outcome = ReturnOf<typeof changeWork>;

export interface ChangeHandlerOptions {
  /** @default a pool of this thread's own */
  readonly pool?: ChildPool;
  /** What was read of uploads while others arrived. @default nothing */
  readonly reads?: UploadReads;
  /** What was parsed before the end of a former process. @default nothing */
  readonly cache?: ParseCache | undefined;
  /** A module that exports `parseFile`. @default the app's own */
  readonly parser?: URL | undefined;
  /** From when on a file takes long enough to be named, in milliseconds. @default 3000 */
  readonly slowMs?: number | undefined;
}
type Tools = Required<ChangeHandlerOptions>;

/** Where a data folder keeps what was parsed for changes that are not published yet. */
export const parseCacheFolder = (dataFolder: string): string => path.join(dataFolder, 'parsed');

/**
 * Adds uploads to the corpus and removes documents from it: a new version, all of it or nothing. What
 * did not change is taken over from the version before. Staged files are gone once they are published,
 * or where they are of no use; after any other end they are where they were, to be started again with.
 */
export function createChangeHandler(
  options: ChangeHandlerOptions = {},
): HandledJob<typeof changeWork> {
  const tools = { pool: new ChildPool(), reads: new UploadReads(), ...none, ...options };
  return handle(changeWork, async (context) => {
    const { signal, input } = context;
    const limit = new ChangeLimit(input.maxChangeMs, signal);
    try {
      const outcome = await changeCorpus(context, tools, limit);
      removeStaged(input.add, tools.reads);
      tools.cache?.clear();
      return outcome;
    } catch (error) {
      const shown = asPublicError(error);
      if (PublicError.isInstance(shown) && isForGood(shown.code))
        removeStaged(input.add, tools.reads);
      throw asFinal(shown);
    } finally {
      limit.end();
    }
  });
}

const none = { cache: undefined, parser: undefined, slowMs: undefined };

/** Whether a change that failed by this code would fail again, so that its uploads are of no use. */
export const isForGood = (code: string): boolean =>
  code === 'nothing_readable' || code === 'nothing_to_do';

const reportMs = 50;
const stoppingMs = 30_000;

async function changeCorpus(
  context: Context,
  { pool, reads, cache, parser: parserModule, slowMs }: Tools,
  limit: ChangeLimit,
): Promise<Outcome> {
  const { input, report } = context;
  const { signal } = limit;
  if (input.add.length + input.remove.length + input.retry.length > 0) {
    report({ phase: 'save', message: 'Opening the corpus' });
  } else {
    report({ phase: 'save', message: 'Looking for what is stale' });
  }
  await using parsers = await reads.parsers.take({
    signal,
    fileTimeoutMs: input.fileTimeoutMs,
    memoryLimitMb: input.memoryLimitMb,
    processes: input.processes,
    chunking: chunkingOf(input.passageLength),
    pool,
    parser: parserModule,
  });
  using early = readEarly(input, { parsers, reads, cache, signal });
  const snapshots = openSnapshots(input.dataFolder);
  // The attempt before this one may be stopping just now, in a process that was given up.
  const patience = context.attempt > 1 ? { lockTimeoutMs: stoppingMs } : {};
  await using draft = await snapshots.begin({ signal, ...patience });
  if (context.attempt > 1) {
    const published = await publishedBefore(context, snapshots);
    if (published !== undefined) return published;
  }
  await using base = await snapshots.current();

  const rows = base === undefined ? [] : rowsOf(base);
  const plan = planChange(rows, input);
  const settings = configHash(input.passageLength);
  const isStale = base !== undefined && base.metadata.configHash !== settings;
  const staying = sortStaying({ base, rows, plan, isStale });
  const { taken, again, retried, stillFailed } = staying;
  early.end();
  if (plan.files.length + plan.removed.length + again.length + retried.length === 0) {
    const outcome = unchanged(base, input.add, plan);
    await reads.parsers.leave(parsers);
    return outcome;
  }

  // The parsers are at the first files while the corpus is taken over.
  const works = worksOf(base, staying, plan);
  const read = parseAhead(works, cache?.parser(parsers, settings) ?? parsers, {
    signal,
    maxFileBytes: input.maxFileBytes,
    known: ({ absolute }) => reads.take(absolute, input.passageLength),
  });
  report({ phase: 'save', percent: 0, message: 'Taking over what is there' });
  const keepIndex = base !== undefined && !staying.isAll;
  if (keepIndex) await draft.copyFrom(base, indexFile, { signal });
  const kept = [...taken, ...again, ...retried, ...stillFailed];
  const originals = base === undefined ? [] : keptOriginals(base, kept);
  // Nobody needs the originals before the end: they come while this thread waits for the parsers.
  const copying = base && draft.copyFrom(base, originals, { signal });
  // Looked at below; until then it is no unhandled error.
  copying?.catch(() => undefined);
  using index = new SearchIndexWriter(draft.path(indexFile), {
    existing: keepIndex && base.metadata,
  });
  if (keepIndex) {
    for (const { path } of [...plan.removed, ...again, ...retried]) index.remove(path);
  } else {
    for (const row of stillFailed) {
      if (row.failure !== null) index.addFailure(described(row), row.failure);
    }
  }

  const outcomes = await indexFiles(context, {
    ...{ draft, index, works, read, limit, slowMs },
  });
  await copying;
  // What they are at is of other uploads.
  await reads.parsers.leave(parsers);
  const isAllFailed = outcomes.every(({ outcome }) => outcome === 'failed');
  const isAllNew = plan.duplicates.length + plan.removed.length + again.length === 0;
  const hasRead = works.length > 0;
  if (hasRead && (index.documents === 0 || (isAllFailed && isAllNew))) {
    throw nothingReadable(outcomes);
  }

  report({ phase: 'index', percent: 95, message: 'Closing the index' });
  const corpusHash = new CorpusHash();
  for (const { path, sha256 } of index.files()) corpusHash.add(path, sha256);
  index.finish();
  const { documents, passages, bytes, failed } = index;

  report({ phase: 'snapshot', percent: 97, message: 'Publishing' });
  const duplicates = plan.duplicates.map(asDuplicate);
  const outcome = {
    published: true,
    ...{ documents, passages, bytes, failed },
    ...countsOf(outcomes),
    removed: plan.removed.length,
    duplicates: duplicates.length,
    files: listed([...outcomes, ...duplicates]),
  };
  const { version, gen } = await draft.finalize(
    {
      kind: 'offstage.documents',
      source: base?.metadata.source ?? null,
      documents,
      passages,
      failed,
      bytes,
      corpusHash: corpusHash.digest(),
      configHash: keepIndex ? base.metadata.configHash : settings,
    },
    { signal, key: context.jobId, fence: () => saveOutcome(context, outcome) },
  );
  report({ phase: 'done', percent: 100, message: 'Published' });
  return { version, gen, ...outcome };
}

// For some tenths of a second; more than that would be read for long that may be there already.
const maxFilesEarly = 256;

/** Parsers go on with uploads while it is looked up what there is, and what is to be done. */
function readEarly(
  { add, passageLength, maxFileBytes }: Context['input'],
  { signal, reads, ...tools }: Pick<HandOutOptions, 'parsers' | 'reads' | 'cache' | 'signal'>,
): Disposable & { end(): void } {
  const ending = new AbortController();
  const files = add
    .filter(({ staged }) => !reads.has(staged, passageLength))
    .slice(0, maxFilesEarly)
    .map(({ name, staged }) => ({ path: name, absolute: staged }));
  // Whatever fails here fails again where it is asked for.
  void handOut(files, {
    ...{ ...tools, reads, passageLength, maxFileBytes },
    signal: AbortSignal.any([signal, ending.signal]),
  }).catch(() => undefined);
  const end = (): void => ending.abort();
  return { end, [Symbol.dispose]: end };
}

/** A file to read: one that the base keeps, or a new one. */
type Work = FoundFile &
  ({ readonly row: FileRow; readonly isAsked: boolean } | { readonly planned: PlannedFile });

/** First what the settings made stale, then what is tried again, then the new files. */
const worksOf = (
  base: Version<CorpusMetadata> | undefined,
  { again, retried }: Staying,
  { files }: ChangePlan,
): readonly Work[] => [
  ...[...again, ...retried].map((row) => ({
    row,
    isAsked: retried.includes(row),
    path: row.path,
    absolute: base?.path(originalPath(row.document ?? '')) ?? '',
  })),
  ...files.map((planned) => ({
    planned,
    path: planned.name,
    absolute: planned.staged.staged,
  })),
];

interface Indexing {
  readonly draft: Draft<CorpusMetadata>;
  readonly index: SearchIndexWriter;
  readonly works: readonly Work[];
  /** In the order of the works. */
  readonly read: AsyncIterable<Parsed<Work>>;
  readonly limit: ChangeLimit;
  readonly slowMs: number | undefined;
}

async function indexFiles(
  { report }: Context,
  { draft, index, works, read, limit, slowMs }: Indexing,
): Promise<FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  let done = 0;
  let reportedAt = 0;
  const total = works.length;
  const tell = (slow: SlowFile | null): void => {
    const percent = (95 * done) / total;
    report({ phase: 'parse', percent, message: progressMessage({ done, total, slow }) });
  };
  using watch = new SlowWatch(tell, { slowMs });
  watch.waitFor(works[0]?.path);
  for await (const { found: work, file, outcome } of read) {
    limit.check();
    if ('row' in work) {
      const indexed = described(work.row);
      if ('failure' in outcome) index.addFailure(indexed, outcome.failure);
      else index.addDocument(indexed, outcome.file);
      if (work.isAsked) outcomes.push(outcomeOf(asPlanned(work.row), outcome));
    } else {
      const { planned } = work;
      if (planned.replaces) index.remove(planned.name);
      const document = newId();
      const isRead = 'file' in outcome;
      // A second name, or else a copy: until it is published, the upload is what a change can be started with
      // again, whatever becomes of this one. A file that no parser could read is kept as well, so that it can
      // be tried again; one that is gone from the disk cannot be.
      if (isRead || file.sha256 !== null) {
        const place = originalPath(document);
        if (!draft.adopt(place, planned.staged.staged)) {
          copyFileSync(planned.staged.staged, draft.path(place), constants.COPYFILE_FICLONE);
        }
      }
      const indexed = { ...file, addedAt: Date.now(), document };
      const { bytes, sha256 } = planned.staged;
      if (isRead) index.addDocument(indexed, outcome.file);
      else index.addFailure({ ...indexed, bytes, sha256 }, outcome.failure);
      outcomes.push(outcomeOf(planned, outcome));
    }
    done += 1;
    watch.waitFor(works[done]?.path);
    // Short files come faster than anyone can watch.
    const now = performance.now();
    if (now - reportedAt < reportMs && done < total) continue;
    reportedAt = now;
    tell(null);
  }
  return outcomes;
}

interface Staying {
  /** Searchable, and taken over as it is. */
  readonly taken: readonly FileRow[];
  /** Read again because settings or readers are others now: what is searchable, and what may be by them. */
  readonly again: readonly FileRow[];
  /** Read again because somebody asked for it. */
  readonly retried: readonly FileRow[];
  /** Listed with a reason, as before. */
  readonly stillFailed: readonly FileRow[];
  /** All is read again, so that nothing of the former index stays. */
  readonly isAll: boolean;
}

interface Base {
  readonly base: Version<CorpusMetadata> | undefined;
  readonly rows: readonly FileRow[];
  readonly plan: ChangePlan;
  readonly isStale: boolean;
}

// A version without the files themselves (a folder's) cannot be indexed again, and stays stale.
function sortStaying({ base, rows, plan, isStale }: Base): Staying {
  const leaving = new Set<string>(plan.removed.map(({ path }) => path));
  for (const { name, replaces } of plan.files) if (replaces) leaving.add(name);
  const staying = rows.filter(({ path }) => !leaving.has(path));
  const indexed = staying.filter((row) => row.indexed);
  const failed = staying.filter((row) => !row.indexed);
  const kept = new Set(base === undefined ? [] : keptOriginals(base, staying));
  const isKept = ({ document }: FileRow): boolean =>
    document !== null && kept.has(originalPath(document));
  const asked = new Set(plan.retried.map((row) => row.path));
  const retried = failed.filter((row) => asked.has(row.path) && isKept(row));
  const rest = failed.filter((row) => !retried.includes(row));
  const isAll = isStale && indexed.every(({ document }) => document !== null);
  const isAgain = (row: FileRow): boolean => (isAll || row.isOutdated) && isKept(row);
  return {
    taken: indexed.filter((row) => !isAgain(row)),
    again: [...indexed, ...rest].filter(isAgain),
    retried,
    stillFailed: rest.filter((row) => !isAgain(row)),
    isAll,
  };
}

/** Where the base keeps the files of these rows, as far as it does. */
export function keptOriginals(
  base: Version<CorpusMetadata>,
  rows: readonly Pick<FileRow, 'document'>[],
): string[] {
  const known = new Set(base.manifest.entries.map((entry) => entry.path));
  return rows.flatMap(({ document }) => {
    const place = document === null ? undefined : originalPath(document);
    return place !== undefined && known.has(place) ? [place] : [];
  });
}

function unchanged(
  base: Version<CorpusMetadata> | undefined,
  add: readonly StagedFile[],
  plan: ChangePlan,
): Outcome {
  if (base === undefined || add.length === 0) {
    throw new PublicError('nothing_to_do', 'There is nothing to change, so nothing was published.');
  }
  const { documents, passages, bytes, failed } = base.metadata;
  return {
    version: base.version,
    gen: base.gen,
    published: false,
    ...{ documents, passages, bytes, failed },
    ...{ added: 0, changed: 0, removed: 0, newlyFailed: 0, partly: 0 },
    duplicates: plan.duplicates.length,
    files: listed(plan.duplicates.map(asDuplicate)),
  };
}

function rowsOf(base: Version<CorpusMetadata>): readonly FileRow[] {
  using database = openIndex(base.path(indexFile));
  return [...fileRows(database)];
}

const described = ({ path, bytes, sha256, document, addedAt }: FileRow) => ({
  ...{ path, bytes, sha256, modifiedAt: null },
  ...(document !== null && { document }),
  ...(addedAt !== null && { addedAt }),
});

type OutcomeOf = Pick<PlannedFile, 'name' | 'replaces'> & {
  readonly staged: Pick<StagedFile, 'upload' | 'bytes'>;
};

const outcomeOf = ({ staged, name, replaces }: OutcomeOf, outcome: ParseOutcome): FileOutcome => {
  const isRead = 'file' in outcome;
  return {
    upload: staged.upload,
    name,
    bytes: staged.bytes,
    outcome: !isRead ? 'failed' : replaces ? 'changed' : 'added',
    notes: isRead ? shownNotes(outcome.file.notes ?? []) : [],
    problem: isRead ? null : outcome.failure,
  };
};

/** A file that is tried again takes nobody's place: it was not to be found before. */
const asPlanned = ({ path, bytes }: FileRow): OutcomeOf => ({
  ...{ name: path, replaces: false },
  staged: { upload: '', bytes },
});

const asDuplicate = ({ upload, name, bytes }: StagedFile): FileOutcome => ({
  ...{ upload, name, bytes },
  outcome: 'duplicate',
  notes: [],
  problem: { code: 'duplicate', message: 'its content is in the corpus already' },
});

function countsOf(outcomes: readonly FileOutcome[]) {
  const count = (wanted: FileOutcome['outcome']): number =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  const partly = outcomes.filter(({ notes }) => notes.length > 0).length;
  return { added: count('added'), changed: count('changed'), newlyFailed: count('failed'), partly };
}

/** Failures first, then what was read in part, for they are what a person has to look at. */
const listed = (outcomes: readonly FileOutcome[]): FileOutcome[] =>
  [...outcomes].sort((a, b) => weightOf(a) - weightOf(b)).slice(0, maxListedOutcomes);

const weightOf = ({ outcome, notes }: FileOutcome): number =>
  outcome === 'failed' ? 0 : notes.length > 0 ? 1 : 2;

function nothingReadable(outcomes: readonly FileOutcome[]): PublicError {
  const failures = outcomes.filter(({ outcome }) => outcome === 'failed');
  const some = failures
    .slice(0, 3)
    .map(({ name, problem }) => `"${name}": ${problem?.message ?? 'it could not be read'}`);
  const more = failures.length > some.length ? `; and ${failures.length - some.length} more` : '';
  const what =
    failures.length === 0
      ? 'No document could be read again'
      : failures.length === 1
        ? 'The only file could not be read'
        : `None of the ${failures.length} files could be read`;
  const reasons = failures.length === 0 ? '' : ` ${some.join('; ')}${more}.`;
  return new PublicError('nothing_readable', `${what}, so nothing was published.${reasons}`);
}

/** 80 random bits: names of files in a version, and of documents on pages. */
const newId = (): string => randomHex(10);

function removeStaged(files: readonly StagedFile[], reads: UploadReads): void {
  for (const { staged } of files) {
    reads.take(staged);
    try {
      // `rmSync` would look at each first: there may be thousands, and somebody waits for the end.
      unlinkSync(staged);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

const isGone = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'ENOENT';
