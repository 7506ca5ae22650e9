const units = new Set('m mm cm dm km ft in yd mi s ms h kg nm μm µm mol hz pa'.split(' '));

/** A short word before a number that may be its power or the mark of its note. */
export function mayHaveNote(text: string, before: string): string | undefined {
  if (!/^\s*\d+\s*$/.test(text)) return undefined;
  const word = /(?<![\p{L}\p{N}])\p{L}{2,3}$/u.exec(before.slice(-32))?.[0];
  return word === undefined || units.has(word.toLowerCase()) ? undefined : word;
}

/**
 * Whether a superscript is the mark of a note: `curtain¹` is a word and a number, while `m²`, `x²` and
 * `1st` are one.
 *
 * @param before The text that it follows directly.
 */
export function isNoteMark(text: string, before: string): boolean {
  const mark = text.trim();
  if (/^[[(]/.test(mark) || /^[*†‡§¶#]+$/u.test(mark)) return true;
  if (!/^\d+(?:[,–-]\d+)*$/u.test(mark)) return false;
  const word = /[\p{L}\p{N}]+$/u.exec(before.slice(-32))?.[0] ?? '';
  if (word === '') return true;
  // Ten to the sixth is not a hundred and six.
  if (/\p{N}$/u.test(word)) return true;
  return [...word].length > 3 && !units.has(word.toLowerCase());
}
