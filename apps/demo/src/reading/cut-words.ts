import type { Block } from './parsed-document.ts';
import { conjunctions } from './pdf-lines.ts';

/** Hyphens that people cut words with: also those of old print, and of programs that show soft ones. */
const hyphens = '\\-\\u00ad\\u2010\\u2e17\\u00ac';
/** What stands before the lines of a quotation. */
const lineStart = '[ \\t>|]{0,16}';
const cut = `[${hyphens}][ \\t]{0,8}(?:\\r\\n|[\\n\\r])${lineStart}`;
const rest = '\\p{Ll}[\\p{L}\\p{M}]{0,39}';
/** A narrow column cuts a word more than once. */
const cutWithin = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}${hyphens}])(?=(\\p{L}[\\p{L}\\p{M}]{0,39}(?:${cut}${rest}){1,4})(?![\\p{L}\\p{M}\\p{N}]))`,
  'gu',
);
const cuts = new RegExp(cut, 'gu');
const cutAtEnd = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}${hyphens}])(\\p{L}[\\p{L}\\p{M}]{0,39})[${hyphens}]\\s{0,8}$`,
  'u',
);
const goesOn = new RegExp(`^\\s{0,8}${lineStart}(${rest})(?![\\p{L}\\p{M}\\p{N}])`, 'u');

/**
 * The same text, in which words that the end of a line cuts are found whole as well: what is written stays, for
 * whether a hyphen belongs to a word cannot be told, and the words stand behind their paragraph.
 */
export function withCutWords(blocks: readonly Block[]): readonly Block[] {
  const found: Block[] = [];
  let former: Block | undefined;
  let isChanged = false;
  for (const block of blocks) {
    const words = block.kind === 'text' ? wordsCutIn(block, former) : [];
    found.push(
      words.length === 0 ? block : { ...block, text: `${block.text}\n${words.join(' ')}` },
    );
    isChanged ||= words.length > 0;
    former = block;
  }
  return isChanged ? found : blocks;
}

function wordsCutIn({ text, inTable }: Block, former: Block | undefined): readonly string[] {
  const words = new Set<string>();
  if (former?.kind === 'text' && inTable === former.inTable) {
    const tail = cutAtEnd.exec(former.text.slice(-64))?.[1];
    if (tail !== undefined) addWhole(words, tail, goesOn.exec(text.slice(0, 128))?.[1]);
  }
  if (/[\n\r]/.test(text)) {
    for (const [, word = ''] of text.matchAll(cutWithin)) {
      const parts = word.split(cuts);
      addWhole(words, parts.slice(0, -1).join(''), parts.at(-1));
    }
  }
  return [...words];
}

function addWhole(words: Set<string>, tail = '', head = ''): void {
  if (!/\p{Ll}\p{M}*$/u.test(tail) || head === '') return;
  if (!conjunctions.has(head.toLowerCase())) words.add(`${tail}${head}`);
}
