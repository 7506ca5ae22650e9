import mammoth from 'mammoth';
import { type Entry, fromBufferPromise } from 'yauzl';
import { blocksOfFragment } from './html.ts';
import { type ParsedDocument, type ParseLimits, UnreadableError } from './parsed-document.ts';

/** Word documents: headings, paragraphs, lists and tables; pictures are left out. */
export async function parseDocx(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  await refuseBomb(buffer, limits.maxInflatedBytes);
  const { value } = await mammoth
    .convertToHtml(
      { buffer },
      {
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
        externalFileAccess: false,
      },
    )
    .catch((cause: unknown) => {
      throw new UnreadableError('damaged', 'it is not a whole Word document', { cause });
    });
  const blocks = blocksOfFragment(value);
  return { title: blocks.find(({ kind }) => kind === 'heading')?.text ?? null, blocks };
}

/**
 * Unpacks every entry once, counting, and keeps nothing: what an archive declares may be a lie, and
 * the parser itself would hold all of it in memory.
 */
async function refuseBomb(buffer: Buffer, maxInflatedBytes: number): Promise<void> {
  let declared = 0;
  let actual = 0;
  const count = (bytes: number): void => {
    if (bytes > maxInflatedBytes) {
      throw new UnreadableError(
        'too_large',
        `it unpacks to more than ${Math.floor(maxInflatedBytes / 1024 / 1024)} MB (a ZIP bomb, perhaps)`,
      );
    }
  };
  try {
    const archive = await fromBufferPromise(buffer, { lazyEntries: true });
    const entries: Entry[] = [];
    for await (const entry of archive.eachEntry()) {
      declared += entry.uncompressedSize;
      count(declared);
      if (entry.isEncrypted()) throw new UnreadableError('encrypted', protectedByPassword);
      entries.push(entry);
    }
    for (const entry of entries) {
      if (entry.fileName.endsWith('/')) continue;
      for await (const chunk of await archive.openReadStreamPromise(entry)) {
        actual += (chunk as Buffer).length;
        count(actual);
      }
    }
  } catch (cause) {
    if (cause instanceof UnreadableError) throw cause;
    throw new UnreadableError('damaged', 'it is not a whole ZIP archive', { cause });
  }
}

const protectedByPassword = 'it is protected by a password';
