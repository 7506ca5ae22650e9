import path from 'node:path';
import {
  type HandledJob,
  handle,
  type JobContext,
  PublicError,
  type ReturnOf,
} from '@offstage/core';
import { type Collection, collect, type FoundFile } from '../corpus/collect.ts';
import { CorpusHash, configHash } from '../corpus/corpus-metadata.ts';
import { makeFolders } from '../corpus/make-folders.ts';
import { openSnapshots, sweep } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { chunkingOf } from '../reading/chunk.ts';
import { type Parsed, parseAhead } from '../reading/parse-ahead.ts';
import { ParseCache } from '../reading/parse-cache.ts';
import { ParseProcesses } from '../reading/parse-processes.ts';
import type { KnownFile } from '../search/known-files.ts';
import { indexFile, originalPath, SearchIndexWriter } from '../search/search-index.ts';
import { corpusSettings } from '../search/settings.ts';
import { keptOriginals } from './change-handler.ts';
import { numbered } from './change-plan.ts';
import { FolderBase } from './folder-base.ts';
import { type FolderPlan, KnownContents, limitsOf, planFolder } from './folder-plan.ts';
import { ingest, maxListedFailures } from './ingest-job.ts';
import { asPublicError } from './public-errors.ts';

type Context = JobContext<typeof ingest>;
type Outcome = ReturnOf<typeof ingest>;

/**
 * The main job: a folder of documents becomes a published snapshot, all of it or nothing. What is in the
 * version before and has not changed is taken over; what was uploaded to it stays beside the folder.
 */
export function createIngestHandler(pool = new ChildPool()): HandledJob<typeof ingest> {
  return handle(ingest, async (context) => {
    try {
      return await publishFolder(context, pool);
    } catch (error) {
      throw asPublicError(error);
    }
  });
}

const reportMs = 20;

async function publishFolder(context: Context, pool: ChildPool): Promise<Outcome> {
  const { input, signal, report } = context;
  const { folder, dataFolder, maxFiles } = input;
  const { passageLength } = corpusSettings(dataFolder);
  const settings = configHash(passageLength);
  const snapshots = openSnapshots(dataFolder);

  report({ phase: 'scan', message: 'Looking for documents' });
  await using first = await FolderBase.open(snapshots, settings);
  await using parsers = new LazyParsers(context, pool, passageLength);
  // Where all is to be read, the parser's process loads while the folder is walked.
  if (first.files.size === 0) parsers.get();
  const found = collect(folder, { signal, maxFiles, except: dataFolder });
  if (found.files.length === 0) throw noDocuments(found.refused.length);
  let plan = planOf(context, first, found);
  if (isNothing(first, plan, folder)) {
    if (input.publish) await sweep(dataFolder);
    return unchanged(first, plan, found);
  }
  if (first.files.size + plan.read.length === 0) throw stillWritten();
  if (!input.publish) return { ...unchanged(first, plan, found), upToDate: false };
  // A file with another content will be parsed; others may be known under other names.
  if (plan.read.some(({ path }) => first.files.has(path))) parsers.get();

  makeDataFolder(dataFolder);
  await using draft = await snapshots.begin({ signal });
  // The draft is held by one process at a time, and so is this.
  using cache = new ParseCache(path.join(dataFolder, 'parsed-folder'));
  if (input.fresh) cache.clear();
  // Nobody else publishes from now on; whoever did meanwhile is what this begins with.
  await using other = await first.successor(snapshots, settings);
  const base = other ?? first;
  if (other !== undefined) plan = planOf(context, other, found);
  if (isNothing(base, plan, folder)) return unchanged(base, plan, found);

  // The parsers are at the first files while the corpus is taken over.
  const uploads = namesOfUploads(base, found);
  const contents = new KnownContents(base.files.values());
  const works: Work[] = [...uploadWorks(base, uploads), ...plan.read];
  const read = parseAhead(works, cache.parser(parsers, settings), {
    signal,
    maxFileBytes: input.maxFileBytes,
    mayGrow: ({ path }) => input.takeUnsettled.includes(path),
    knownContent: (file) => {
      const same = contents.find(file.path, file.sha256);
      const known = same === undefined ? undefined : base.parsed?.read(same);
      return known && { file: known };
    },
  });
  if (base.version !== undefined) {
    const originals = keptOriginals(base.version, base.uploads);
    const taken = base.isUsable ? [indexFile, ...originals] : originals;
    await draft.copyFrom(base.version, taken, { signal });
  }
  const existing = base.isUsable && (base.version?.metadata ?? true);
  using index = new SearchIndexWriter(draft.path(indexFile), { existing });
  if (base.isUsable) takeOver(base, index, plan, uploads);
  for (const { path, failure } of plan.refused) {
    index.addFailure({ path, bytes: 0, sha256: null, modifiedAt: null }, failure);
  }
  const changes = new Changes(base, plan);
  await indexFiles(context, { index, read, total: works.length, changes });
  if (changes.isNothing && base.isUsable && base.version?.metadata.source === folder) {
    return unchanged(base, plan, found);
  }
  if (index.documents - countDocuments(base.uploads) <= 0) throw nothingReadable(index);

  report({ phase: 'index', percent: 95, message: 'Closing the index' });
  const corpusHash = new CorpusHash();
  const failures: Outcome['failures'][number][] = [];
  for (const { path, sha256, failure } of index.files()) {
    corpusHash.add(path, sha256);
    if (failure !== null && failures.length < maxListedFailures)
      failures.push({ path, ...failure });
  }
  index.finish();
  const { documents, passages, bytes, failed } = index;

  report({ phase: 'snapshot', percent: 97, message: 'Publishing' });
  const { version, gen } = await draft.finalize(
    {
      kind: 'offstage.documents',
      source: folder,
      documents,
      passages,
      failed,
      bytes,
      corpusHash: corpusHash.digest(),
      configHash: settings,
    },
    { signal },
  );
  cache.clear();
  report({ phase: 'done', percent: 100, message: 'Published' });
  return {
    ...{ version, gen, published: true, upToDate: true },
    ...{ documents, passages, bytes, failed, failures },
    ...{ hidden: found.hidden, ...changes.counts(), uploads: base.uploads.length },
    parsed: parsers.parsed,
    unsettled: plan.unsettled.slice(0, maxListedFailures),
  };
}

/** Started when the first file is there to be parsed: often there is none. */
class LazyParsers implements AsyncDisposable {
  readonly #make: () => ParseProcesses;
  #parsers: ParseProcesses | undefined;
  /** How many files they were given. */
  parsed = 0;

  constructor({ input, signal }: Context, pool: ChildPool, passageLength: number) {
    const { fileTimeoutMs, memoryLimitMb } = input;
    const chunking = chunkingOf(passageLength);
    this.#make = () => new ParseProcesses({ signal, fileTimeoutMs, memoryLimitMb, pool, chunking });
  }

  get(): ParseProcesses {
    this.#parsers ??= this.#make();
    return this.#parsers;
  }

  parse(bytes: Uint8Array, extension: string): ReturnType<ParseProcesses['parse']> {
    this.parsed += 1;
    return this.get().parse(bytes, extension);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parsers?.[Symbol.asyncDispose]();
  }
}

const limitsText = ({ input }: Context): string =>
  `${input.fileTimeoutMs} ms, ${input.memoryLimitMb} MB, ${input.maxFileBytes} bytes`;

function planOf(context: Context, base: FolderBase, found: Collection): FolderPlan {
  const { input, signal } = context;
  const { maxFileBytes, checksum, settleMs } = input;
  return planFolder(base.files, found, {
    ...{ signal, maxFileBytes, checksum, settleMs, limits: limitsText(context) },
    takeUnsettled: new Set(input.takeUnsettled),
    now: Date.now(),
  });
}

const isNothing = (base: FolderBase, plan: FolderPlan, folder: string): boolean =>
  base.isUsable &&
  base.version?.metadata.source === folder &&
  plan.read.length + plan.refused.length + plan.leaving.length === 0 &&
  base.uploadsReadAgain.size === 0;

function unchanged({ version, files, uploads }: FolderBase, plan: FolderPlan, found: Collection) {
  const { documents, passages, bytes, failed } = version?.metadata ?? nothing;
  const failures = [...files.values(), ...uploads].flatMap(({ path, failure }) =>
    failure === null ? [] : [{ path, ...failure }],
  );
  return {
    ...{
      version: version?.version ?? '',
      gen: version?.gen ?? 0,
      published: false,
      upToDate: true,
    },
    ...{ documents, passages, bytes, failed, failures: failures.slice(0, maxListedFailures) },
    ...{ hidden: found.hidden, unchanged: files.size, uploads: uploads.length },
    ...{ added: 0, changed: 0, moved: 0, removed: 0, reread: 0, parsed: 0 },
    unsettled: plan.unsettled.slice(0, maxListedFailures),
  };
}

const nothing = { documents: 0, passages: 0, bytes: 0, failed: 0 };

/** A file of the folder, or one that was uploaded and has to be read again. */
type Work = FoundFile & { readonly upload?: KnownFile };

/** A folder has the first right to its names: an upload of such a name has a number from now on. */
function namesOfUploads({ uploads }: FolderBase, found: Collection): Map<KnownFile, string> {
  if (uploads.length === 0) return new Map();
  const ofFolder = new Set([...found.files, ...found.refused].map(({ path }) => path));
  const taken = new Set([...ofFolder, ...uploads.map(({ path }) => path)]);
  const names = new Map<KnownFile, string>();
  for (const upload of uploads) {
    const { path } = upload;
    const name = ofFolder.has(path) ? numbered(path, (other) => taken.has(other)) : path;
    taken.add(name);
    names.set(upload, name);
  }
  return names;
}

const uploadWorks = (
  { version, uploadsReadAgain }: FolderBase,
  names: ReadonlyMap<KnownFile, string>,
): readonly Work[] =>
  version === undefined
    ? []
    : [...names].flatMap(([upload, path]) => {
        if (!uploadsReadAgain.has(upload)) return [];
        return [{ path, upload, absolute: version.path(originalPath(upload.document ?? '')) }];
      });

function takeOver(
  base: FolderBase,
  index: SearchIndexWriter,
  plan: FolderPlan,
  names: ReadonlyMap<KnownFile, string>,
): void {
  for (const { path } of plan.leaving) index.remove(path);
  for (const file of plan.restamped) index.restamp(file.path, file);
  for (const [upload, path] of names) {
    if (base.uploadsReadAgain.has(upload)) {
      index.remove(upload.path);
      continue;
    }
    if (path === upload.path) continue;
    const parsed = base.parsed?.read(upload.path);
    const { reader } = upload;
    index.remove(upload.path);
    if (parsed !== undefined) index.addDocument({ ...described(upload, path), reader }, parsed);
    else if (upload.failure !== null)
      index.addFailure({ ...described(upload, path), reader }, upload.failure);
  }
}

const described = ({ bytes, sha256, modifiedAt, document, addedAt }: KnownFile, path: string) => ({
  ...{ path, bytes, sha256, modifiedAt },
  ...(document !== null && { document }),
  ...(addedAt !== null && { addedAt }),
});

interface Indexing {
  readonly index: SearchIndexWriter;
  readonly read: AsyncIterable<Parsed<Work>>;
  /** How many they are. */
  readonly total: number;
  readonly changes: Changes;
}

async function indexFiles(context: Context, { index, read, total, changes }: Indexing) {
  const { report } = context;
  const limits = limitsText(context);
  let done = 0;
  let reportedAt = 0;
  for await (const { found, file, outcome } of read) {
    const { upload } = found;
    const indexed = upload === undefined ? file : described(upload, found.path);
    if ('failure' in outcome) {
      index.addFailure(indexed, outcome.failure, limitsOf(outcome.failure, limits));
    } else {
      index.addDocument(indexed, outcome.file);
    }
    if (upload === undefined) {
      changes.add(file, 'failure' in outcome ? outcome.failure : null);
    } else if (upload.isOutdated) changes.addUpload();
    done += 1;
    // Short files come faster than anyone can watch.
    const now = performance.now();
    if (now - reportedAt < reportMs && done < total) continue;
    reportedAt = now;
    report({ phase: 'parse', percent: (95 * done) / total, message: `${done} of ${total} files` });
  }
}

/** Counts what became of the files of a folder. */
class Changes {
  readonly #base: FolderBase;
  readonly #counts;
  /** Contents of files that are no longer under their names. */
  readonly #gone = new Map<string, number>();

  constructor(base: FolderBase, { leaving, read, refused, unchanged }: FolderPlan) {
    this.#base = base;
    this.#counts = { unchanged, added: 0, changed: 0, moved: 0, removed: 0, reread: 0 };
    const anew = new Set([...read, ...refused].map(({ path }) => path));
    for (const { path, sha256 } of leaving) {
      if (anew.has(path)) continue;
      this.#counts.removed += 1;
      if (sha256 !== null) this.#gone.set(sha256, (this.#gone.get(sha256) ?? 0) + 1);
    }
    for (const { path } of refused) this.#counts[base.files.has(path) ? 'changed' : 'added'] += 1;
  }

  addUpload(): void {
    this.#counts.reread += 1;
  }

  add(
    { path, sha256 }: { readonly path: string; readonly sha256: string | null },
    failure: KnownFile['failure'],
  ): void {
    const before = this.#base.files.get(path);
    if (before !== undefined) {
      const isSame =
        before.sha256 === sha256 &&
        before.failure?.code === failure?.code &&
        before.failure?.message === failure?.message;
      this.#counts[isSame ? 'unchanged' : 'changed'] += 1;
      if (isSame && before.isOutdated) this.#counts.reread += 1;
      return;
    }
    const left = (sha256 !== null && this.#gone.get(sha256)) || 0;
    if (sha256 === null || left === 0) {
      this.#counts.added += 1;
      return;
    }
    this.#gone.set(sha256, left - 1);
    this.#counts.moved += 1;
    this.#counts.removed -= 1;
  }

  get isNothing(): boolean {
    const { added, changed, moved, removed, reread } = this.#counts;
    return added + changed + moved + removed + reread === 0;
  }

  counts() {
    return { ...this.#counts };
  }
}

const countDocuments = (files: readonly KnownFile[]): number =>
  files.filter(({ failure }) => failure === null).length;

/** It will hold documents: where it is made here, for its owner alone. */
function makeDataFolder(dataFolder: string): void {
  try {
    makeFolders(dataFolder);
  } catch {
    // Why not, opening it says.
  }
}

function noDocuments(refused: number): PublicError {
  return new PublicError(
    'no_documents',
    refused === 0
      ? 'There are no files in this folder, so nothing was published.'
      : `There are no files in this folder that can be read (${refused} links or special entries were left out), so nothing was published.`,
  );
}

const stillWritten = (): PublicError =>
  new PublicError(
    'unsettled',
    'All files of this folder are being written to just now, so nothing was published.',
  );

function nothingReadable(index: SearchIndexWriter): PublicError {
  const failures = [...index.files()].flatMap(({ path, failure, document }) =>
    failure === null || document !== null ? [] : [{ path, ...failure }],
  );
  const some = failures.slice(0, 3).map(({ path, message }) => `"${path}": ${message}`);
  const more = failures.length > some.length ? `; and ${failures.length - some.length} more` : '';
  const count = failures.length === 1 ? 'The only file' : `None of the ${failures.length} files`;
  const verb = failures.length === 1 ? 'could not be read' : 'could be read';
  return new PublicError(
    'nothing_readable',
    `${count} ${verb}, so nothing was published. ${some.join('; ')}${more}.`,
  );
}
