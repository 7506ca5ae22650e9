import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import { splitSubset, withEntities } from './document-subset.ts';
import { htmlText } from './html-blocks.ts';
import { BlockBuilder } from './markup-text.ts';
import type { ParsedDocument } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';
import { readXml, type XmlHandler } from './xml-events.ts';

/**
 * XML of any vocabulary: the text of its elements and what its attributes say in words, never its tags. Where
 * an element has text of its own, those within it stand in its line.
 */
export async function parseXml(bytes: Uint8Array): Promise<ParsedDocument> {
  const source = (await decodeText(bytes, declaredEncoding(bytes))).replace(/^\ufeff/, '');
  const { body, entities } = splitSubset(source);
  const reader = new XmlReader(entities);
  try {
    readXml(body, reader);
  } catch {
    // Cut, or meant to be XML: it is readable as it stands.
    return { title: null, blocks: paragraphsOf(source) };
  }
  return { title: reader.title, blocks: reader.blocks };
}

/** Attributes with names, addresses and numbers for programs. */
const unseenAttributes =
  /^(?:xmlns|schemaLocation|noNamespaceSchemaLocation|id|idref|ref|href|src|class|style|d|points|transform|viewBox|fill|stroke|type|version|encoding|rel|role|lang|space|xml)$/i;
const lineEnds = new Set(['br', 'lb', 'linebreak', 'line-break', 'tab']);
const unseenElements = new Set(['script', 'style', 'binary']);

class XmlReader implements XmlHandler {
  readonly #lines = new BlockBuilder();
  /** Of each open element: whether it stands in a line, and whether it has text itself. */
  readonly #open: { readonly isInline: boolean; hasText: boolean }[] = [];
  readonly #entities: ReadonlyMap<string, string>;
  #unseen = 0;
  #isSvg = false;
  #text: string[] = [];
  title: string | null = null;
  #inTitle = false;

  constructor(entities: ReadonlyMap<string, string>) {
    this.#entities = entities;
  }

  get blocks() {
    return this.#lines.blocks;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#endText();
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#isSvg = name === 'svg';
    const isInline = parent?.hasText === true;
    if (isInline && lineEnds.has(name)) this.#lines.add(' ');
    if (!isInline) this.#lines.end();
    this.#open.push({ isInline, hasText: false });
    if (unseenElements.has(name)) this.#unseen += 1;
    this.#inTitle = this.title === null && /^(?:title|book-title)$/i.test(name);
    if (this.#unseen > 0) return;
    for (const [attribute, value] of Object.entries(attributes)) {
      if (!this.#isSeen(attribute, value)) continue;
      if (isInline) this.#lines.addAside(value);
      else this.#lines.add(` ${value} `);
    }
  }

  text(text: string): void {
    if (this.#unseen === 0) this.#text.push(text);
  }

  close(name: string): void {
    this.#endText();
    if (unseenElements.has(name)) this.#unseen -= 1;
    if (this.#open.pop()?.isInline !== true) this.#lines.end();
    this.#inTitle = false;
  }

  #isSeen(name: string, value: string): boolean {
    if (this.#isSvg) return name === 'aria-label';
    return /\p{L}/u.test(value) && !unseenAttributes.test(name);
  }

  #endText(): void {
    if (this.#text.length === 0) return;
    const text = withEntities(this.#text.join(''), this.#entities);
    this.#text = [];
    const open = this.#open.at(-1);
    if (text.trim() !== '' && open !== undefined) open.hasText = true;
    if (this.#inTitle) this.title = text.trim() || null;
    // Feeds hold pages, as text.
    if (!/<\/?[a-z][^<>]*>/i.test(text)) {
      this.#lines.add(text);
      return;
    }
    for (const block of htmlText(text).blocks) {
      this.#lines.add(block.text);
      this.#lines.end();
    }
  }
}
