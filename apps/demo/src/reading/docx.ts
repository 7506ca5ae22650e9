import { append } from './append.ts';
import { OfficePackage } from './office-package.ts';
import { type OfficeBlock, OfficeTextReader } from './office-text.ts';
import type { Block, ParsedDocument, ParseLimits } from './parsed-document.ts';
import { drawnParts, notesOfParts, relatedParts } from './related-parts.ts';
import { ListLabels, wordLists } from './word-numbering.ts';
import { noStyles, type WordStyles, wordStyles } from './word-styles.ts';

/** Parts that stand beside the text, in the order in which they are read. */
const partsBeside = ['header', 'footer', 'footnotes', 'endnotes', 'comments'] as const;
const readParts = new Set([...partsBeside, ...drawnParts, 'aFChunk']);
const maxDepth = 3;

/**
 * Word documents, templates and those with macros: all that Word shows, from every part of the package.
 * Pictures and what other programs have embedded are left out, and told.
 */
export async function parseDocx(
  bytes: Uint8Array,
  limits: ParseLimits,
  depth = 0,
): Promise<ParsedDocument> {
  const office = await OfficePackage.open(bytes, limits);
  const main = await office.mainPart('word/document.xml');
  const related = await office.relationships(main);
  const partOf = (wanted: string): string =>
    related.find(({ kind }) => kind === wanted)?.target ?? `word/${wanted}.xml`;
  const styles = await wordStyles(office, partOf('styles'));
  const labels = new ListLabels(await wordLists(office, partOf('numbering'), partOf('styles')));
  const blocks: OfficeBlock[] = [];
  const left = new Set<string>();
  await readPart(main, styles);
  const title = blocks.find(({ isTitle }) => isTitle)?.text.trim();

  const parts = await relatedParts(office, main, readParts);
  const ofKind = (wanted: string): string[] =>
    parts.filter(({ kind }) => kind === wanted).map(({ name }) => name);
  const texts = [...partsBeside, ...drawnParts].flatMap(ofKind);
  if (texts.length > 0) blocks.push({ kind: 'heading', text: '' });
  const beside = { ...noStyles, hidden: styles.hidden };
  for (const name of texts) await readPart(name, beside);
  for (const name of ofKind('aFChunk')) append(blocks, await blocksOfChunk(name));
  const properties = await office.properties();
  const own = title ?? (properties.title || undefined);
  if (properties.others.length > 0 || properties.title !== '') {
    blocks.push({ kind: 'heading', text: '' });
    for (const text of [properties.title, ...properties.others]) {
      if (text !== own) blocks.push({ kind: 'text', text });
    }
  }
  for (const note of await notesOfParts(office, main, readParts)) left.add(note);
  const heading = blocks.find(({ kind, text }) => kind === 'heading' && text !== '')?.text;
  return { title: own ?? heading ?? null, blocks, notes: [...left] };

  async function readPart(name: string, partStyles: WordStyles): Promise<void> {
    const reader = new OfficeTextReader({ styles: partStyles, labels });
    await office.walk(name, reader);
    for (const block of reader.finish()) blocks.push(block);
    for (const note of reader.left) left.add(note);
  }

  // A chunk is a file of another format that Word takes in when it opens the document.
  async function blocksOfChunk(name: string): Promise<readonly Block[]> {
    const chunk = await office.archive.read(name);
    if (chunk === undefined || chunk.length === 0) return [];
    const extension = name.slice(name.lastIndexOf('.')).toLowerCase();
    try {
      if (/^\.(?:docx|docm|dotx)$/.test(extension)) {
        return depth < maxDepth ? (await parseDocx(chunk, limits, depth + 1)).blocks : [];
      }
      if (extension === '.rtf') return (await import('./rtf.ts')).parseRtf(chunk).blocks;
      if (extension.startsWith('.mht')) {
        return (await (await import('./mail.ts')).parseMail(chunk)).blocks;
      }
      if (extension === '.txt') return (await (await import('./text.ts')).parseText(chunk)).blocks;
      return (await (await import('./html.ts')).parseHtml(chunk)).blocks;
    } catch {
      left.add('A document that is taken into it could not be read.');
      return [];
    }
  }
}
