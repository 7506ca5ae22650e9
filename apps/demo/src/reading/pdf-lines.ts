/** The words between which and a suspended hyphen a blank belongs: `Ein- und Ausgang`. */
export const conjunctions: ReadonlySet<string> = new Set(
  `und oder bis bzw sowie noch wie als and or to nor but versus et ou y o e u en of och eller og i a lub
   czy nebo ja tai és vagy ve veya и или`.split(/\s+/),
);

/** First parts that English writes with a hyphen before whatever follows. */
const compoundParts = new Set(
  `all anti co cross cyber double eco ex far fast first free full half hard high ill in large late left
   light long low mid middle multi near neo new non off old on one open part post pre pro quasi real
   right second self semi short single slow small so soft state sub super third three top triple two
   ultra up user vice well wide world e`.split(/\s+/),
);

export interface JoinedLines {
  readonly text: string;
  /** The other forms of words of which it cannot be told whether they are written with a hyphen. */
  readonly alternatives: readonly string[];
}

/**
 * Puts the lines of a page together. A soft hyphen at the end of a line goes; a hyphen between two small
 * letters goes as well, unless it is suspended (`Ein- und`) or belongs to a compound; what follows a
 * hyphen in capitals or digits belongs to it; dashes stay as they are. Chinese and Japanese have no
 * blank between lines.
 *
 * @param softHyphenWords Words with a soft hyphen that the lines lack, as `Theater\u00adprobe`.
 */
export function joinLines(
  lines: readonly string[],
  softHyphenWords: ReadonlySet<string> = new Set(),
): JoinedLines {
  const alternatives: string[] = [];
  const pieces: string[] = [];
  // Only the end of what is gathered is looked at, so that time does not grow with the page's square.
  let end = '';
  for (const line of lines) {
    const text = line.trim();
    if (text === '') {
      if (end !== '') pieces.push('\n\n');
      end = '';
      continue;
    }
    const { cut, glue, alternative } = joint(end, text, softHyphenWords);
    if (cut && pieces.length > 0) pieces.push((pieces.pop() ?? '').slice(0, -1));
    if (alternative !== undefined) alternatives.push(alternative);
    pieces.push(glue, text);
    end = text;
  }
  return { text: pieces.join(''), alternatives };
}

interface Joint {
  /** The hyphen goes. */
  readonly cut: boolean;
  readonly glue: '' | ' ';
  readonly alternative?: string;
}

const spaced: Joint = { cut: false, glue: ' ' };

function joint(before: string, after: string, softHyphenWords: ReadonlySet<string>): Joint {
  if (before === '') return { cut: false, glue: '' };
  if (before.endsWith('\u00ad')) return { cut: true, glue: '' };
  const tail = /([\p{L}\p{M}\p{N}]+)[-\u2010]$/u.exec(before.slice(-64))?.[1];
  if (tail === undefined) {
    const isOne = isEastAsian(before, after) || isParted(before, after, softHyphenWords);
    return isOne ? { cut: false, glue: '' } : spaced;
  }
  const head = /^[\p{L}\p{M}\p{N}]+/u.exec(after.slice(0, 64))?.[0];
  if (head === undefined || conjunctions.has(head.toLowerCase())) return spaced;
  if (!/\p{Ll}$/u.test(tail) || !/^\p{Ll}/u.test(head)) return { cut: false, glue: '' };
  const whole = `${tail}${head}`;
  const compound = `${tail}-${head}`;
  if (compoundParts.has(tail.toLowerCase())) return { cut: false, glue: '', alternative: whole };
  // Shorter parts than these are syllables.
  const mayBeWords = tail.length >= 4 && head.length >= 4;
  return { cut: true, glue: '', ...(mayBeWords && { alternative: compound }) };
}

function isParted(before: string, after: string, softHyphenWords: ReadonlySet<string>): boolean {
  if (softHyphenWords.size === 0) return false;
  const tail = /\p{L}{1,40}$/u.exec(before.slice(-64))?.[0] ?? '';
  const head = /^\p{L}{1,40}/u.exec(after.slice(0, 64))?.[0] ?? '';
  return softHyphenWords.has(`${tail}\u00ad${head}`);
}

const eastAsian =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

const isEastAsian = (before: string, after: string): boolean =>
  eastAsian.test(before.slice(-1)) && eastAsian.test(after.slice(0, 1));
