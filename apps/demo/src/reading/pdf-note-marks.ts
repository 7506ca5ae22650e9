import { isNoteMark } from './superscript.ts';

/** A stretch of text in one font, as PDF.js has it. */
export interface TextItem {
  readonly str: string;
  readonly height: number;
  /** The last of the six is the height of the base line. */
  readonly transform: readonly unknown[];
}

/**
 * Whether a note's number begins or ends between two stretches of a line, so that it is no part of the word
 * beside it: it is smaller than the text, and stands above its line.
 *
 * @param before The end of the line that was read.
 */
export function isAtNoteMark(
  former: TextItem | undefined,
  item: TextItem,
  before: string,
): boolean {
  if (former === undefined || /\s$/.test(before)) return false;
  if (isRaised(item, former)) return isMark(item.str, before);
  // Before the text of the note itself.
  return isRaised(former, item) && before.trim() === former.str.trim() && isNoteMark(before, '');
}

/** The first word of a note whose number stands before it without a blank, as `1Footnote`. */
export const wordAfterNumber = (line: string): string | undefined =>
  /^\s*\d{1,3}(\p{Lu}\p{Ll}{2,40})/u.exec(line)?.[1];

const isMark = (mark: string, before: string): boolean =>
  isNoteMark(mark, before) || (/^[a-z]{1,4}$/.test(mark.trim()) && /\p{Ll}{4}$/u.test(before));

function isRaised(small: TextItem, beside: TextItem): boolean {
  const by = Number(small.transform[5]) - Number(beside.transform[5]);
  return small.height > 0 && small.height < beside.height * 0.85 && by > small.height * 0.2;
}
