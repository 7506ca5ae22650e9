import type { Block } from './parsed-document.ts';

const words = /[\p{L}\p{M}\p{N}]+/gu;
const addresses = /(?:https?:\/\/|mailto:|cid:)[^\s<>"]+|\[[^\]\n]{0,200}\]/g;
const wordsOf = (text: string): readonly string[] =>
  text.replace(addresses, ' ').normalize('NFKC').toLowerCase().match(words) ?? [];

/**
 * Paragraphs of a mail's plain text that its page has not. Mostly both are the same text in two forms; but
 * programs also add a note, a signature or a file to one of them alone.
 */
export function lackedBy(page: readonly Block[], plain: readonly Block[]): readonly Block[] {
  if (page.length === 0) return plain;
  const shown = new Set(page.flatMap(({ text }) => wordsOf(text)));
  return plain.filter(({ text }) => {
    const own = wordsOf(text);
    const others = own.filter((word) => !shown.has(word)).length;
    return others > 0 && others * 2 >= own.length;
  });
}
