import { finished, type Readable } from 'node:stream';
import type { Version } from '@offstage/core';
import type { CorpusMetadata } from '../corpus/corpus-metadata.ts';
import { type ArchiveFormat, archive } from './archive.ts';
import { versionContents } from './version-contents.ts';

/**
 * A version as an archive. The version is given away: it stays open, whatever is published or removed
 * meanwhile, until the stream has ended or is destroyed.
 */
export function exportVersion(version: Version<CorpusMetadata>, format: ArchiveFormat): Readable {
  const close = (): void => void version[Symbol.asyncDispose]();
  try {
    const stream = archive(versionContents(version), format);
    finished(stream, close);
    return stream;
  } catch (error) {
    close();
    throw error;
  }
}

/** What an archive of a version is called. */
export const archiveName = (version: { readonly version: string }, format: ArchiveFormat): string =>
  `documents-${version.version}.${format}`;
