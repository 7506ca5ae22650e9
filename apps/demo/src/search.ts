import { PublicError } from '@offstage/core';
import type { CorpusMetadata } from './corpus-metadata.ts';
import { findPassages, type SearchHit, termsOf } from './passage-search.ts';
import { indexFile, openIndex } from './search-index.ts';
import { openSnapshots } from './snapshots.ts';
import { type Staleness, staleness } from './staleness.ts';

export type { SearchHit, SnippetPart } from './passage-search.ts';

export interface SearchAnswer {
  /** The version that answered, `<gen>-<id>`. */
  readonly version: string;
  readonly gen: number;
  readonly metadata: CorpusMetadata;
  readonly hits: readonly SearchHit[];
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
  /** Present where it was asked for. */
  readonly staleness?: Staleness | undefined;
}

export interface SearchOptions {
  /** 1 to 100. @default 10 */
  readonly limit?: number | undefined;
  /** Compares the version with the folder and the settings as they are now. @default false */
  readonly checkStaleness?: boolean | undefined;
}

/**
 * Looks up words in the current version alone (D4). The version is held open meanwhile, so that
 * retention leaves it be.
 *
 * @throws PublicError `no_snapshot` before the first ingest, `empty_query`
 */
export async function search(
  dataFolder: string,
  query: string,
  { limit = 10, checkStaleness = false }: SearchOptions = {},
): Promise<SearchAnswer> {
  const terms = termsOf(query);
  await using version = await openSnapshots(dataFolder).current();
  if (version === undefined) {
    throw new PublicError('no_snapshot', 'Nothing is published here yet. Run an ingest first.');
  }
  const file = version.path(indexFile);
  using database = openIndex(file);
  return {
    version: version.version,
    gen: version.gen,
    metadata: version.metadata,
    ...findPassages(database, terms, limit),
    ...(checkStaleness && { staleness: staleness(version.metadata, file, { dataFolder }) }),
  };
}
