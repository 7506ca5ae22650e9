const units = new Set('m mm cm dm km ft in yd mi s ms h kg nm μm µm mol hz pa'.split(' '));

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
  return [...word].length > 1 && !units.has(word.toLowerCase());
}
