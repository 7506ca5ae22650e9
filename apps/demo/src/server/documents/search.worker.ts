import type { DatabaseSync } from 'node:sqlite';
import { handle, PublicError } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { lackOf } from '../../change/public-errors.ts';
import { type FindTools, findDocuments, newTools } from '../../search/find.ts';
import { openIndex } from '../../search/search-index.ts';
import { closeIndex, searchIndex } from './search-job.ts';

interface OpenIndex {
  readonly file: string;
  readonly language: string;
  readonly database: DatabaseSync;
  readonly tools: FindTools;
}

// Open from one search to the next: what SQLite has read of it stays.
let open: OpenIndex | undefined;

function indexOf(file: string, language: string): OpenIndex {
  if (open?.file === file && open.language === language) return open;
  close();
  const database = opened(file);
  open = { file, language, database, tools: newTools(database, language) };
  return open;
}

function opened(file: string): DatabaseSync {
  try {
    return openIndex(file);
  } catch (error) {
    const lacking = lackOf(error);
    // Its code is told to whoever searches.
    throw lacking === undefined ? error : new PublicError(lacking, lacking, { cause: error });
  }
}

function close(): void {
  open?.database.close();
  open = undefined;
}

serveJobs([
  handle(searchIndex, ({ input: { file, query, language, options }, signal }) => {
    const { database, tools } = indexOf(file, language);
    signal.throwIfAborted();
    return findDocuments(database, query, options, {
      ...tools,
      check: () => signal.throwIfAborted(),
    });
  }),
  handle(closeIndex, ({ input: { file } }) => {
    if (open?.file === file) close();
    return null;
  }),
]);
