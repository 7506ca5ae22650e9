/** The longest message an observer sees, in UTF-16 code units. */
export const maxMessageLength = 200;

/** 0 to 100, or `null` for what is no number. */
export function repairPercent(percent: unknown): number | null {
  if (typeof percent !== 'number' || Number.isNaN(percent)) return null;
  return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

// C0 and C1 controls, line and paragraph separators, and the marks that reorder text around them.
const unwanted = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const plain = /^[\x20-\x7e]*$/;

/** Without control characters, cut at 200 code units, never in the middle of a character. */
export function repairMessage(message: unknown): string {
  if (typeof message !== 'string') return '';
  // Cut first, with room for what is taken out, so that a huge message costs no more than a long one.
  const text =
    message.length > 4 * maxMessageLength ? message.slice(0, 4 * maxMessageLength) : message;
  const clean = plain.test(text) ? text : text.toWellFormed().replace(unwanted, ' ').trim();
  if (clean.length <= maxMessageLength) return clean;
  const cut = clean.slice(0, maxMessageLength);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
