import { mkdirSync } from 'node:fs';
import {
  type HandledJob,
  handle,
  type JobContext,
  PublicError,
  type ReturnOf,
} from '@offstage/core';
import { collect } from '../corpus/collect.ts';
import { CorpusHash, configHash } from '../corpus/corpus-metadata.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { chunkingOf } from '../reading/chunk.ts';
import { parseAhead } from '../reading/parse-ahead.ts';
import { ParseProcesses } from '../reading/parse-processes.ts';
import { indexFile, SearchIndexWriter } from '../search/search-index.ts';
import { corpusSettings } from '../search/settings.ts';
import { ingest, maxListedFailures } from './ingest-job.ts';
import { asPublicError } from './public-errors.ts';

/** The main job: a folder of documents becomes a published snapshot, all of it or nothing. */
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

async function publishFolder(
  context: JobContext<typeof ingest>,
  pool: ChildPool,
): Promise<ReturnOf<typeof ingest>> {
  const { input, signal, report } = context;
  const { folder, dataFolder, fileTimeoutMs, memoryLimitMb, maxFileBytes, maxFiles } = input;

  // The parser's process loads while the folder is walked and the draft is opened.
  const { passageLength } = corpusSettings(dataFolder);
  const chunking = chunkingOf(passageLength);
  await using parser = new ParseProcesses({
    ...{ signal, fileTimeoutMs, memoryLimitMb, pool, chunking },
  });

  report({ phase: 'scan', message: 'Looking for documents' });
  const { files, refused, hidden } = collect(folder, { signal, maxFiles, except: dataFolder });
  if (files.length === 0) throw noDocuments(refused.length);

  makeDataFolder(dataFolder);
  await using draft = await openSnapshots(dataFolder).begin({ signal });
  using index = new SearchIndexWriter(draft.path(indexFile));
  const corpusHash = new CorpusHash();
  const failures: { path: string; code: string; message: string }[] = [];

  for (const { path, failure } of refused) {
    index.addFailure({ path, bytes: 0, sha256: null, modifiedAt: null }, failure);
    failures.push({ path, ...failure });
  }
  const total = files.length;
  let done = 0;
  let reportedAt = 0;
  for await (const { file, outcome } of parseAhead(files, parser, { signal, maxFileBytes })) {
    corpusHash.add(file.path, file.sha256);
    if ('failure' in outcome) {
      index.addFailure(file, outcome.failure);
      failures.push({ path: file.path, ...outcome.failure });
    } else {
      index.addDocument(file, outcome.file);
    }
    done += 1;
    // Short files come faster than anyone can watch.
    const now = performance.now();
    if (now - reportedAt < reportMs && done < total) continue;
    reportedAt = now;
    report({ phase: 'parse', percent: (95 * done) / total, message: `${done} of ${total} files` });
  }
  if (index.documents === 0) throw nothingReadable(failures);

  report({ phase: 'index', percent: 95, message: 'Closing the index' });
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
      configHash: configHash(passageLength),
    },
    { signal },
  );
  report({ phase: 'done', percent: 100, message: 'Published' });
  return {
    version,
    gen,
    documents,
    passages,
    bytes,
    failed,
    failures: failures.slice(0, maxListedFailures),
    hidden,
  };
}

/** It will hold documents: where it is made here, for its owner alone. */
function makeDataFolder(dataFolder: string): void {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
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

function nothingReadable(failures: readonly { path: string; message: string }[]): PublicError {
  const some = failures.slice(0, 3).map(({ path, message }) => `"${path}": ${message}`);
  const more = failures.length > some.length ? `; and ${failures.length - some.length} more` : '';
  const count = failures.length === 1 ? 'The only file' : `None of the ${failures.length} files`;
  const verb = failures.length === 1 ? 'could not be read' : 'could be read';
  return new PublicError(
    'nothing_readable',
    `${count} ${verb}, so nothing was published. ${some.join('; ')}${more}.`,
  );
}
