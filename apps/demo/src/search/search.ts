import { PublicError } from '@offstage/core';
import type { CorpusMetadata } from '../corpus/corpus-metadata.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { type Staleness, staleness } from '../corpus/staleness.ts';
import { type FindOptions, type FoundPage, findDocuments, newTools } from './find.ts';
import { parseQuery } from './query.ts';
import { indexFile, openIndex } from './search-index.ts';
import { searchLanguage } from './settings.ts';

export type { DocumentHit, PassageHit, SearchHit } from './find.ts';
export type { SnippetPart } from './marks.ts';

export interface SearchAnswer extends FoundPage {
  /** The version that answered, `<gen>-<id>`. */
  readonly version: string;
  readonly gen: number;
  readonly metadata: CorpusMetadata;
  /** Present where it was asked for. */
  readonly staleness?: Staleness | undefined;
}

export interface SearchOptions extends FindOptions {
  /** Whose words are stemmed. @default the corpus's own setting */
  readonly language?: string | undefined;
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
  { language, checkStaleness = false, ...options }: SearchOptions = {},
): Promise<SearchAnswer> {
  // Said before anything is opened.
  parseQuery(query);
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
    ...findDocuments(
      database,
      query,
      options,
      newTools(database, language ?? searchLanguage(dataFolder)),
    ),
    ...(checkStaleness && { staleness: staleness(version.metadata, file, { dataFolder }) }),
  };
}
