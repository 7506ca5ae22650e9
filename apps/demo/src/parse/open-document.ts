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

/** Documents of OpenDocument: text, spreadsheets, presentations and drawings. */
export async function parseOpenDocument(
  bytes: Uint8Array,
  limits: ParseLimits,
): Promise<ParsedDocument> {
  const archive = await ZipArchive.open(bytes, limits.maxInflatedBytes);
  await refuseEncrypted(archive);
  const content = await archive.read('content.xml');
  if (content === undefined) {
    throw new UnreadableError(
      'damaged',
      'it is not a whole OpenDocument file: its text is missing',
    );
  }
  const reader = new OpenDocumentReader();
  readXml(content, reader);
  const blocks: Block[] = [...reader.finish()];
  const left = new Set(reader.left);
  const titled = reader.title;

  // Headers and footers stand with the styles of pages.
  const styles = await archive.read('styles.xml');
  if (styles !== undefined) {
    const beside = new OpenDocumentReader({ within: 'master-styles' });
    readXml(styles, beside);
    const texts = beside.finish();
    if (texts.length > 0) blocks.push({ kind: 'heading', text: '' });
    blocks.push(...texts.map(({ text }): Block => ({ kind: 'text', text })));
  }
  const { title, others } = await properties(archive);
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' });
  blocks.push(...others.map((text): Block => ({ kind: 'text', text })));
  const heading = blocks.find(({ kind, text }) => kind === 'heading' && text !== '')?.text;
  return { title: titled ?? (title || (heading ?? null)), blocks, notes: [...left] };
}

async function refuseEncrypted(archive: ZipArchive): Promise<void> {
  const manifest = await archive.read('META-INF/manifest.xml');
  if (manifest?.includes('encryption-data')) {
    throw new UnreadableError('encrypted', protectedByPassword);
  }
}

const shown = new Set('title subject description keyword creator initial-creator'.split(' '));

async function properties(archive: ZipArchive): Promise<{ title: string; others: string[] }> {
  const meta = await archive.read('meta.xml');
  const others = new Set<string>();
  let title = '';
  let name = '';
  let text = '';
  if (meta !== undefined) {
    readXml(meta, {
      open(element) {
        name = element;
        text = '';
      },
      text(piece) {
        text += piece;
      },
      close(element) {
        if (element !== name || !shown.has(element) || text.trim() === '') return;
        if (element === 'title') title = text.trim();
        else others.add(text.trim());
      },
    });
  }
  return { title, others: [...others] };
}
