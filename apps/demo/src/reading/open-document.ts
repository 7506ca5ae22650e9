import { OpenDocumentReader } from './open-document-text.ts';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  protectedByPassword,
  UnreadableError,
} from './parsed-document.ts';
import { readXml } from './xml-events.ts';
import { ZipArchive } from './zip-archive.ts';
import { isZip } from './zip-signature.ts';

/** The parts of a document: in an archive, or all in one file of XML. */
interface Parts {
  readonly content: Uint8Array;
  readonly styles: Uint8Array | undefined;
  readonly meta: Uint8Array | undefined;
}

/** Documents of OpenDocument: text, spreadsheets, presentations and drawings. */
export async function parseOpenDocument(
  bytes: Uint8Array,
  limits: ParseLimits,
): Promise<ParsedDocument> {
  const { content, styles, meta } = isZip(bytes)
    ? await unpack(bytes, limits)
    : { content: bytes, styles: bytes, meta: bytes };
  const reader = new OpenDocumentReader({ within: 'body' });
  readXml(content, reader);
  const blocks: Block[] = [...reader.finish()];

  // Headers and footers stand with the styles of pages.
  if (styles !== undefined) {
    const beside = new OpenDocumentReader({ within: 'master-styles' });
    readXml(styles, beside);
    const texts = beside.finish();
    if (texts.length > 0) blocks.push({ kind: 'heading', text: '' });
    blocks.push(...texts.map(({ text }): Block => ({ kind: 'text', text })));
  }
  const { title, others } = properties(meta);
  const own = reader.title ?? (title || (reader.firstHeading ?? null));
  if (title !== '' && title !== own) others.unshift(title);
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' });
  blocks.push(...others.map((text): Block => ({ kind: 'text', text })));
  return {
    title: own,
    blocks,
    notes: [...reader.left],
  };
}

async function unpack(bytes: Uint8Array, limits: ParseLimits): Promise<Parts> {
  const archive = await ZipArchive.open(bytes, limits.maxInflatedBytes);
  const manifest = await archive.read('META-INF/manifest.xml');
  if (manifest?.includes('encryption-data')) {
    throw new UnreadableError('encrypted', protectedByPassword);
  }
  const content = await archive.read('content.xml');
  if (content === undefined) {
    throw new UnreadableError(
      'damaged',
      'it is not a whole OpenDocument file: its text is missing',
    );
  }
  return {
    content,
    styles: await archive.read('styles.xml'),
    meta: await archive.read('meta.xml'),
  };
}

const shown = new Set('title subject description keyword creator initial-creator'.split(' '));

function properties(meta: Uint8Array | undefined): { title: string; others: string[] } {
  const others = new Set<string>();
  let title = '';
  let inMeta = 0;
  let text = '';
  if (meta !== undefined) {
    readXml(meta, {
      open(name) {
        if (name === 'meta') inMeta += 1;
        text = '';
      },
      text(piece) {
        if (inMeta > 0) text += piece;
      },
      close(name) {
        const value = text.trim();
        text = '';
        if (name === 'meta') inMeta -= 1;
        if (inMeta === 0 || !shown.has(name) || value === '') return;
        if (name === 'title') title = value;
        else others.add(value);
      },
    });
  }
  return { title, others: [...others] };
}
