import { append } from './append.ts';
import { OpenDocumentLists } from './open-document-lists.ts';
import { OpenDocumentStyles } from './open-document-styles.ts';
import { OpenDocumentReader } from './open-document-text.ts';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  protectedByPassword,
  UnreadableError,
} from './parsed-document.ts';
import { readXml, type XmlHandler } from './xml-events.ts';
import { ZipArchive } from './zip-archive.ts';
import { isZip } from './zip-signature.ts';

/** The parts of a document: in an archive, or all in one file of XML. */
interface Parts {
  readonly content: Uint8Array;
  readonly styles: Uint8Array | undefined;
  readonly meta: Uint8Array | undefined;
  /** Formulas, charts and whole documents within it. */
  readonly objects: readonly Uint8Array[];
}

/** Documents of OpenDocument: text, spreadsheets, presentations and drawings. */
export async function parseOpenDocument(
  bytes: Uint8Array,
  limits: ParseLimits,
): Promise<ParsedDocument> {
  const { content, styles, meta, objects } = isZip(bytes)
    ? await unpack(bytes, limits)
    : { content: bytes, styles: bytes, meta: bytes, objects: [] };
  const lists = new OpenDocumentLists();
  const named = new OpenDocumentStyles();
  // Styles that have a name stand apart from the text.
  if (styles !== undefined && styles !== content) {
    readXml(styles, new NamedStyles([lists, named]));
    lists.forget();
  }
  const reader = new OpenDocumentReader({
    within: 'body',
    lists,
    styles: new OpenDocumentStyles(named),
  });
  readXml(content, reader);
  const blocks: Block[] = [...reader.finish()];
  // A formula by itself has no body.
  const inside = blocks.length === 0 ? [content, ...objects] : objects;

  // Headers and footers stand with the styles of pages.
  if (styles !== undefined) {
    const beside = new OpenDocumentReader({ within: 'master-styles' });
    readXml(styles, beside);
    const texts = beside.finish();
    if (texts.length > 0) blocks.push({ kind: 'heading', text: '' });
    append(
      blocks,
      texts.map(({ text }): Block => ({ kind: 'text', text })),
    );
  }
  for (const object of inside) {
    const text = await textOfObject(object);
    if (text !== '') blocks.push({ kind: 'text', text });
  }
  const { title, others } = properties(meta);
  const own = reader.title ?? (title || (reader.firstHeading ?? null));
  if (title !== '' && title !== own) others.unshift(title);
  if (others.length > 0) blocks.push({ kind: 'heading', text: '' });
  append(
    blocks,
    others.map((text): Block => ({ kind: 'text', text })),
  );
  return {
    title: own,
    blocks,
    notes: [...reader.left],
  };
}

/** Leaves out styles without a name of their own, which are of headers and footers alone. */
class NamedStyles implements XmlHandler {
  readonly #handlers: readonly Required<Pick<XmlHandler, 'open' | 'close'>>[];
  #depth = 0;

  constructor(handlers: readonly Required<Pick<XmlHandler, 'open' | 'close'>>[]) {
    this.#handlers = handlers;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'styles') this.#depth += 1;
    if (this.#depth === 0) return;
    for (const handler of this.#handlers) handler.open(name, attributes);
  }

  close(name: string): void {
    if (name === 'styles') this.#depth -= 1;
    if (this.#depth === 0) return;
    for (const handler of this.#handlers) handler.close(name);
  }
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
    objects: await objectsOf(archive),
  };
}

const maxObjects = 1000;

async function objectsOf(archive: ZipArchive): Promise<readonly Uint8Array[]> {
  const objects: Uint8Array[] = [];
  for (const name of archive.names) {
    if (!/^[^/]+\/content\.xml$/.test(name) || objects.length === maxObjects) continue;
    const object = await archive.read(name);
    if (object !== undefined) objects.push(object);
  }
  return objects;
}

/** One that is damaged takes nothing else along. */
async function textOfObject(object: Uint8Array): Promise<string> {
  const reader = new OpenDocumentReader();
  const formula = new FormulaReader();
  try {
    readXml(object, {
      open: (name, attributes) => {
        reader.open(name, attributes);
        formula.open(name);
      },
      text: (text) => {
        reader.text(text);
        formula.text(text);
      },
      close: (name) => {
        reader.close(name);
        formula.close(name);
      },
    });
  } catch {
    return '';
  }
  const blocks = reader.finish().map(({ text }) => text);
  return [formula.shown, ...blocks].join(' ').trim();
}

/** What a formula shows, without the source it was typed as. */
class FormulaReader implements XmlHandler {
  #math = 0;
  #unseen = 0;
  shown = '';

  open(name: string): void {
    if (name === 'math') this.#math += 1;
    if (name === 'annotation') this.#unseen += 1;
  }

  text(text: string): void {
    if (this.#math > 0 && this.#unseen === 0 && text.trim() !== '') this.shown += `${text.trim()} `;
  }

  close(name: string): void {
    if (name === 'math') this.#math -= 1;
    if (name === 'annotation') this.#unseen -= 1;
  }
}

const shown = new Set(
  'title subject description keyword creator initial-creator user-defined'.split(' '),
);

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
