/** At most this many words and phrases of a query are looked for. */
export const maxTerms = 32;
const maxQueryLength = 1000;

/**
 * A person's words as FTS5 strings. Words in double quotes are a phrase, and a `*` at the end of a
 * word finds what begins so; every other sign means itself, so no input is a syntax error.
 *
 * @returns no terms where the query holds no letter and no digit
 */
export function searchTerms(query: string): readonly string[] {
  const text = query.slice(0, maxQueryLength).toWellFormed().replaceAll('\0', ' ');
  const terms: string[] = [];
  for (const [, phrase, word] of text.matchAll(/"([^"]*)"?|([^\s"]+)/gu)) {
    const source = phrase ?? word ?? '';
    if (!/[\p{L}\p{N}]/u.test(source)) continue;
    const prefix = word !== undefined && /[\p{L}\p{N}]\*$/u.test(word) ? ' *' : '';
    terms.push(`"${source.replace(/\*+$/, '')}"${prefix}`);
    if (terms.length === maxTerms) break;
  }
  return terms;
}
