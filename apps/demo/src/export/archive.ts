import { Readable } from 'node:stream';
import { ZipWriter } from '@zip.js/zip.js';
import { createTarPacker } from 'modern-tar';
import type { ArchiveEntry } from './version-contents.ts';

export const archiveFormats = ['zip', 'tar'] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];

export const mediaTypeOf: Readonly<Record<ArchiveFormat, string>> = {
  zip: 'application/zip',
  tar: 'application/x-tar',
};

/**
 * An archive as a stream, made no faster than it is read, with one file open at a time. Destroying it ends
 * the making.
 */
export const archive = (entries: Iterable<ArchiveEntry>, format: ArchiveFormat): Readable =>
  format === 'zip' ? zip(entries) : tar(entries);

function tar(entries: Iterable<ArchiveEntry>): Readable {
  const { readable, controller } = createTarPacker();
  const pack = async (): Promise<void> => {
    for (const { name, modifiedAt, size, read } of entries) {
      const header = { name, size: await size(), mtime: modifiedAt, mode: 0o644 };
      const writer = controller.add({ ...header, type: 'file' }).getWriter();
      for await (const chunk of read()) await writer.write(chunk);
      await writer.close();
    }
    controller.finalize();
  };
  pack().catch((error) => controller.error(error));
  return asNode(readable);
}

/** Beyond it, an entry needs a form that old programs do not know. */
const large = 2 ** 31;

function zip(entries: Iterable<ArchiveEntry>): Readable {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = new ZipWriter(writable, { useWebWorkers: false, extendedTimestamp: false });
  const pack = async (): Promise<void> => {
    for (const { name, modifiedAt, packsWell, size, read } of entries) {
      const content = asWeb(read());
      await writer.add(name, content, {
        lastModDate: modifiedAt,
        unixMode: 0o100644,
        level: packsWell ? 6 : 0,
        zip64: (await size()) >= large,
      });
    }
    await writer.close();
  };
  pack().catch((error) => writable.abort(error).catch(() => undefined));
  return asNode(readable);
}

const asNode = (stream: ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);

const asWeb = (chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> =>
  Readable.toWeb(Readable.from(chunks, { objectMode: false })) as ReadableStream<Uint8Array>;
