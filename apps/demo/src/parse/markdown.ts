import { decodeHTML } from 'entities';
import { Lexer, type Token, type Tokens } from 'marked';
import { decodeText } from './decode-text.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';

/** Markdown with GitHub's tables. The title is the front matter's, else the first heading. */
export function parseMarkdown(bytes: Uint8Array): ParsedDocument {
  const { frontMatter, body } = splitFrontMatter(decodeText(bytes));
  const blocks: Block[] = [];
  collectBlocks(Lexer.lex(body, { gfm: true }), blocks);
  const heading = blocks.find(({ kind }) => kind === 'heading');
  return { title: frontMatterTitle(frontMatter) ?? heading?.text ?? null, blocks };
}

function collectBlocks(tokens: readonly Token[], blocks: Block[]): void {
  const add = (kind: Block['kind'], text: string): void => {
    if (text.trim() !== '') blocks.push({ kind, text });
  };
  for (const token of tokens) {
    switch (token.type) {
      case 'heading':
        add('heading', inlineText(token.tokens ?? []));
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
          add('text', row.map((cell) => inlineText(cell.tokens)).join(' | '));
        }
        break;
      }
      case 'blockquote':
        collectBlocks(token.tokens ?? [], blocks);
        break;
      case 'html':
        add('text', textOfHtml(token.text));
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
    else if (token.type === 'html') text += textOfHtml(token.text);
    else if (token.type === 'codespan') text += token.text;
    else if ('tokens' in token && token.tokens !== undefined) text += inlineText(token.tokens);
    else if ('text' in token) text += decodeEntities(token.text);
  }
  return text;
}

const decodeEntities = (text: string): string => (text.includes('&') ? decodeHTML(text) : text);
const textOfHtml = (html: string): string =>
  decodeEntities(html.replace(/<!--[\s\S]*?-->|<[^>]*>/g, ' '));

function splitFrontMatter(source: string): { frontMatter: string; body: string } {
  const match = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(source);
  return match === null
    ? { frontMatter: '', body: source }
    : { frontMatter: match[1] ?? '', body: source.slice(match[0].length) };
}

function frontMatterTitle(frontMatter: string): string | undefined {
  const value = /^title:[ \t]*(.+)$/m.exec(frontMatter)?.[1]?.trim();
  return value?.replace(/^(["'])(.*)\1$/, '$2') || undefined;
}
