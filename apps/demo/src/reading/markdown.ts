import { decodeHTML } from 'entities';
import { Lexer, Parser, type Token, Tokenizer, type Tokens } from 'marked';
import { decodeText } from './decode-text.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';
import { rowOfCells } from './table-blocks.ts';
import { paragraphsOf } from './text.ts';

/**
 * Markdown with GitHub's tables, as a reader sees it. The title is the front matter's, else the first
 * heading.
 */
export async function parseMarkdown(bytes: Uint8Array): Promise<ParsedDocument> {
  const source = (await decodeText(bytes)).replace(/^\ufeff/, '');
  const front = mayHaveFields.test(source)
    ? (await import('./front-matter.ts')).splitFrontMatter(source)
    : undefined;
  const blocks = await blocksOfMarkdown(front?.body ?? source);
  const heading = blocks.find(({ kind }) => kind === 'heading')?.text;
  const title = front?.title ?? heading ?? null;
  const all = [...(front?.blocks ?? []), ...blocks];
  // A stub is found by its title.
  if (all.length === 0 && title !== null) all.push({ kind: 'heading', text: title });
  return { title, blocks: all };
}

const mayHaveFields = /^(?:---|\+\+\+)[ \t]*\r?\n/;

/** A footnote of one word, or of an address, would pass for the definition of a link, which nobody sees. */
class NoteTokenizer extends Tokenizer {
  override def(source: string): Tokens.Def | undefined {
    return /^ {0,3}\[\^/.test(source) ? undefined : super.def(source);
  }
}

/** Markdown without fields before it. */
export async function blocksOfMarkdown(source: string): Promise<readonly Block[]> {
  try {
    const tokens = Lexer.lex(source, { gfm: true, tokenizer: new NoteTokenizer() });
    // HTML may begin in one token and end in another, so its rules are applied to the whole.
    if (tokens.some(hasHtml)) {
      return (await import('./html-blocks.ts')).htmlText(Parser.parse(tokens)).blocks;
    }
    const blocks: Block[] = [];
    collectBlocks(tokens, blocks);
    return blocks;
  } catch (error) {
    // Quotations in quotations, thousands deep: it is readable as it stands.
    if (error instanceof RangeError) return paragraphsOf(source);
    throw error;
  }
}

function hasHtml(token: Token): boolean {
  if (token.type === 'html') return true;
  if (token.type === 'list') return (token as Tokens.List).items.some(hasHtml);
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].some((row) => row.some(({ tokens }) => tokens.some(hasHtml)));
  }
  return 'tokens' in token && token.tokens !== undefined && token.tokens.some(hasHtml);
}

/** Pandoc, kramdown and Google Docs give headings names to link to, which nobody sees. */
const headingId = /\{#[\p{L}\p{N}_.-]+\}$/u;

function collectBlocks(tokens: readonly Token[], blocks: Block[]): void {
  const add = (kind: Block['kind'], text: string): void => {
    if (text.trim() !== '') blocks.push({ kind, text });
  };
  for (const token of tokens) {
    switch (token.type) {
      case 'heading':
        add(
          'heading',
          inlineText(token.tokens ?? [])
            .trimEnd()
            .replace(headingId, '')
            .trimEnd(),
        );
        break;
      case 'code':
        add('text', token.text);
        break;
      case 'list':
        for (const item of (token as Tokens.List).items) collectBlocks(item.tokens, blocks);
        break;
      case 'table': {
        const { header, rows } = token as Tokens.Table;
        for (const row of [header, ...rows]) {
          const cells = row.map((cell) => inlineText(cell.tokens));
          if (cells.some((cell) => cell.trim() !== '')) blocks.push(rowOfCells(cells));
        }
        break;
      }
      case 'blockquote':
        collectBlocks(token.tokens ?? [], blocks);
        break;
      case 'paragraph':
      case 'text':
        add('text', inlineText(token.tokens ?? [token]));
        break;
    }
  }
}

function inlineText(tokens: readonly Token[]): string {
  let text = '';
  for (const token of tokens) {
    if (token.type === 'br') text += '\n';
    else if (token.type === 'codespan') text += token.text;
    else if ('tokens' in token && token.tokens !== undefined) text += inlineText(token.tokens);
    else if ('text' in token) text += decodeEntities(token.text);
  }
  return text;
}

const decodeEntities = (text: string): string => (text.includes('&') ? decodeHTML(text) : text);
