import { createReadStream } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Version } from '@offstage/core';
import type { CorpusMetadata } from '../corpus/corpus-metadata.ts';
import { ParsedFiles } from '../search/known-files.ts';
import { indexFile, openIndex, originalPath } from '../search/search-index.ts';
import { SafeNames } from './safe-names.ts';

/** A file of an archive. */
export interface ArchiveEntry {
  readonly name: string;
  readonly modifiedAt: Date;
  /** It is text, or other data that packs well. */
  readonly packsWell: boolean;
  /** Bytes. An archive that has to know goes through what is written for it twice. */
  readonly size: () => Promise<number>;
  readonly read: () => AsyncIterable<Uint8Array>;
}

/**
 * What a version has, for an archive: `version.json`, a line for each file in `documents.jsonl` with its
 * text as it is searched, and below `documents/` the files themselves as far as the version keeps them.
 *
 * The version has to be held open until everything is read.
 */
export function* versionContents(version: Version<CorpusMetadata>): Generator<ArchiveEntry> {
  const modifiedAt = new Date(version.createdAt);
  const kept = new Map(version.manifest.entries.map(({ path, bytes }) => [path, bytes]));
  const originals = originalsOf(version, kept);
  const about = Buffer.from(
    `${JSON.stringify(
      {
        format: 'offstage.documents.export/1',
        ...{ version: version.version, gen: version.gen, createdAt: modifiedAt.toISOString() },
        ...version.metadata,
        originals: originals.size,
      },
      null,
      2,
    )}\n`,
  );
  yield {
    ...{ name: 'version.json', modifiedAt, packsWell: true },
    size: async () => about.length,
    read: async function* () {
      yield about;
    },
  };
  const read = () => lines(version, originals);
  yield {
    ...{ name: 'documents.jsonl', modifiedAt, packsWell: true, read },
    size: async () => {
      let size = 0;
      for await (const { length } of read()) size += length;
      return size;
    },
  };
  for (const [document, { name, addedAt, mediaType }] of originals) {
    const place = originalPath(document);
    yield {
      name,
      modifiedAt: new Date(addedAt ?? version.createdAt),
      packsWell: mediaType === null || /^text\/|json|xml$/.test(mediaType),
      size: async () => kept.get(place) ?? 0,
      read: () => createReadStream(version.path(place)),
    };
  }
}

interface KeptOriginal {
  readonly name: string;
  readonly addedAt: number | null;
  readonly mediaType: string | null;
}

function originalsOf(version: Version<CorpusMetadata>, kept: ReadonlyMap<string, number>) {
  using database = openIndex(version.path(indexFile));
  const names = new SafeNames();
  const originals = new Map<string, KeptOriginal>();
  const rows = database.prepare(
    'SELECT path, document, added_at, media_type FROM files WHERE document IS NOT NULL ORDER BY path',
  );
  for (const { path, document, added_at, media_type } of rows.iterate()) {
    if (!kept.has(originalPath(String(document)))) continue;
    originals.set(String(document), {
      name: `documents/${names.nameFor(String(path))}`,
      addedAt: added_at === null ? null : Number(added_at),
      mediaType: media_type === null ? null : String(media_type),
    });
  }
  return originals;
}

const chunkBytes = 64 * 1024;

/** In pieces, with a turn for others after each. The same every time. */
async function* lines(
  version: Version<CorpusMetadata>,
  originals: ReadonlyMap<string, KeptOriginal>,
): AsyncGenerator<Uint8Array> {
  using database = openIndex(version.path(indexFile));
  const parsed = new ParsedFiles(database);
  const rows = database.prepare(
    `SELECT path, bytes, sha256, document, added_at, modified_at, media_type, title,
            failure_code, failure FROM files ORDER BY path`,
  );
  let pending: Buffer[] = [];
  let length = 0;
  for (const row of rows.iterate()) {
    const { passages = [], notes = [] } = parsed.texts(String(row.path)) ?? {};
    const line = Buffer.from(
      `${JSON.stringify({
        ...{ path: row.path, bytes: row.bytes, sha256: row.sha256 },
        ...{ mediaType: row.media_type, title: row.title },
        ...{ addedAt: timeOf(row.added_at), modifiedAt: timeOf(row.modified_at) },
        file: row.document === null ? null : (originals.get(String(row.document))?.name ?? null),
        failure:
          row.failure_code === null ? null : { code: row.failure_code, message: row.failure },
        ...{ notes, passages },
      })}\n`,
    );
    pending.push(line);
    length += line.length;
    if (length < chunkBytes) continue;
    yield Buffer.concat(pending);
    pending = [];
    length = 0;
    await turn();
  }
  if (length > 0) yield Buffer.concat(pending);
}

const timeOf = (value: unknown): string | null =>
  value === null ? null : new Date(Number(value)).toISOString();
