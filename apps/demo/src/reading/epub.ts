import path from 'node:path';
import { append } from './append.ts';
import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import { htmlText } from './html-blocks.ts';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  UnreadableError,
} from './parsed-document.ts';
import { readXml } from './xml-events.ts';
import { ZipArchive } from './zip-archive.ts';

/** Books of EPUB: their chapters in the order of the spine. */
export async function parseEpub(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const archive = await ZipArchive.open(bytes, limits.maxInflatedBytes);
  const root = await rootOf(archive);
  const source = await archive.read(root);
  if (source === undefined) throw notWhole();
  const { title, others, chapters } = readPackage(source);
  const protectedParts = await encryptedParts(archive);
  const blocks: Block[] = [];
  let missing = 0;
  let characters = 0;
  for (const href of chapters) {
    const name = path.posix.join(path.posix.dirname(root), safeDecode(href));
    if (protectedParts.has(name)) {
      throw new UnreadableError('encrypted', 'it is protected by its seller (DRM)');
    }
    const chapter = await archive.read(name);
    if (chapter === undefined) missing += 1;
    else {
      const { blocks: own } = htmlText(await decodeText(chapter, declaredEncoding(chapter)), {
        isXml: true,
      });
      for (const block of own) {
        blocks.push(block);
        characters += block.text.length;
      }
    }
    if (characters > limits.maxCharacters) break;
  }
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' });
  append(
    blocks,
    others.map((text): Block => ({ kind: 'text', text })),
  );
  const notes = missing > 0 ? [`${missing} of its chapters are missing from the file.`] : [];
  return { title: title || null, blocks, notes };
}

const notWhole = (): UnreadableError =>
  new UnreadableError('damaged', 'it is not a whole EPUB book');

async function rootOf(archive: ZipArchive): Promise<string> {
  const container = await archive.read('META-INF/container.xml');
  if (container === undefined) throw notWhole();
  let root: string | undefined;
  readXml(container, {
    open(name, attributes) {
      if (name === 'rootfile') root ??= attributes['full-path'];
    },
  });
  if (root === undefined) throw notWhole();
  return root;
}

const shown = new Set('title creator subject description contributor publisher'.split(' '));

function readPackage(source: Uint8Array): {
  title: string;
  others: readonly string[];
  chapters: readonly string[];
} {
  const items = new Map<string, string>();
  const pages: string[] = [];
  const chapters: string[] = [];
  const others = new Set<string>();
  let title = '';
  let text = '';
  readXml(source, {
    open(name, { id = '', href = '', idref = '', properties = '', 'media-type': type = '' }) {
      text = '';
      if (name === 'item') items.set(id, href);
      const isContents = properties.split(/\s+/).includes('nav');
      if (name === 'item' && /html/.test(type) && !isContents) pages.push(href);
      if (name === 'itemref') chapters.push(items.get(idref) ?? '');
    },
    text(piece) {
      text += piece;
    },
    close(name) {
      const value = text.trim();
      text = '';
      if (!shown.has(name) || value === '') return;
      if (name === 'title' && title === '') title = value;
      else others.add(value);
    },
  });
  return { title, others: [...others], chapters: orderOf(chapters, pages) };
}

/** What is in no order, such as pages of notes that links lead to, comes last. */
const orderOf = (chapters: readonly string[], pages: readonly string[]): readonly string[] =>
  [...new Set([...chapters, ...pages])].filter(Boolean);

/** Fonts may be scrambled without harm to the text. */
async function encryptedParts(archive: ZipArchive): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const source = await archive.read('META-INF/encryption.xml');
  if (source !== undefined) {
    readXml(source, {
      open(name, { URI = '' }) {
        if (name === 'CipherReference') names.add(safeDecode(URI));
      },
    });
  }
  return names;
}

function safeDecode(href: string): string {
  const own = href.split('#')[0] ?? '';
  try {
    return decodeURIComponent(own);
  } catch {
    return own;
  }
}
