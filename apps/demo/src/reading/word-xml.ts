import { OfficeTextReader } from './office-text.ts';
import type { ParsedDocument } from './parsed-document.ts';
import { noStyles } from './word-styles.ts';
import { readXml } from './xml-events.ts';

/** Word documents that are one file of XML: those of Word 2003, and packages that are not zipped. */
export function parseWordXml(bytes: Uint8Array): ParsedDocument {
  const reader = new OfficeTextReader({
    styles: { ...noStyles, kinds: new Map([['Title', 'title']]) },
  });
  readXml(bytes, reader);
  const blocks = reader.finish();
  const title = blocks.find(({ isTitle }) => isTitle)?.text ?? null;
  return { title, blocks, notes: [...reader.left] };
}
