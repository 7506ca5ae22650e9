import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { decodeText } from './decode-text.ts';
import { blocksOfHtml, type HtmlNode } from './html-blocks.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';

/** A page's main content, without its navigation; the whole body where no article stands out. */
export function parseHtml(bytes: Uint8Array): ParsedDocument {
  const source = decodeText(bytes, declaredEncoding(bytes));
  const { document } = parseHTML(asDocument(source));
  const ownTitle = document.title.trim();
  // Readability takes the document apart, so what may be needed later is read first.
  const whole = blocksOfHtml(document.documentElement as HtmlNode, furniture);
  const article = new Readability<HtmlNode>(document, {
    charThreshold: 200,
    serializer: (node) => node as unknown as HtmlNode,
  }).parse();
  const main = article?.content ? blocksOfHtml(article.content, furniture) : [];
  // An extraction that keeps little of the page has found the wrong thing.
  const blocks = lengthOf(main) >= lengthOf(whole) / 4 ? withHeading(main, whole) : whole;
  const heading = blocks.find(({ kind }) => kind === 'heading')?.text.trim();
  return { title: titleOf(article?.title?.trim() || ownTitle, heading), blocks };
}

// Pages put their site's name beside the title; the heading, where it is a part of it, is without.
function titleOf(title: string, heading: string | undefined): string | null {
  if (heading !== undefined && (title === '' || title.includes(heading))) return heading;
  return title || null;
}

/** The blocks of a fragment of HTML that another parser made. */
export function blocksOfFragment(html: string): Block[] {
  const { document } = parseHTML(asDocument(html));
  return blocksOfHtml(document.documentElement as HtmlNode);
}

const furniture = new Set(['NAV', 'FOOTER', 'BUTTON']);

const lengthOf = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, { text }) => sum + text.length, 0);

// Readability drops the heading that repeats the title; a search wants it.
function withHeading(main: readonly Block[], whole: readonly Block[]): readonly Block[] {
  const first = whole.find(({ kind }) => kind === 'heading');
  if (first === undefined || main.some(({ text }) => text.trim() === first.text.trim()))
    return main;
  return [first, ...main];
}

const asDocument = (source: string): string =>
  /<(?:html|body)[\s>]/i.test(source)
    ? source
    : `<!doctype html><html><head></head><body>${source}</body></html>`;

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024));
  return /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head.toString('latin1'))?.[1];
}
