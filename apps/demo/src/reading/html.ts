import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import { htmlText } from './html-blocks.ts';
import type { ParsedDocument } from './parsed-document.ts';

/**
 * A page as a reader sees it: all of its text, wherever it stands. What would be its main content decides
 * its title alone, see docs/adr/0015-all-that-a-page-shows.md.
 */
export async function parseHtml(
  bytes: Uint8Array,
  { isXml = false }: { readonly isXml?: boolean } = {},
): Promise<ParsedDocument> {
  return documentOfHtml(await decodeText(bytes, declaredEncoding(bytes)), { isXml });
}

/** The same, of text. */
export function documentOfHtml(
  source: string,
  { isXml = false }: { readonly isXml?: boolean } = {},
): ParsedDocument {
  const { blocks, title, hasNavigation } = htmlText(source, {
    isXml: isXml || /^\s*<\?xml\s/.test(source.slice(0, 256)),
  });
  const heading = blocks.find(({ kind }) => kind === 'heading')?.text.trim();
  const notes = hasNavigation ? ['Its navigation was left out.'] : [];
  return { title: titleOf(title, heading), blocks, notes };
}

// Pages put their site's name beside the title; the heading, where it is a part of it, is without.
function titleOf(title: string, heading: string | undefined): string | null {
  if (heading !== undefined && (title === '' || title.includes(heading))) return heading;
  return title || null;
}
