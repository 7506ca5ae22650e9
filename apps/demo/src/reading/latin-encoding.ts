import { type LatinCode, latinEncodings, latinLanguages } from './latin-languages.ts';

/** No more is looked at: a page says enough. */
const sampleBytes = 8192;

/**
 * The encoding of a text in Latin letters that nobody names: the one in which it reads most like a language
 * that is written in it, by the letters beyond ASCII and by the short words of every sentence.
 *
 * @param decode Answers `undefined` where the bytes are not possible in an encoding.
 * @returns `undefined` where the bytes are of another script, or like no language that is known
 */
export function latinEncoding(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array, encoding: string) => string | undefined,
): string | undefined {
  const sample = bytes.subarray(0, sampleBytes);
  const beyond = lettersBeyondAscii(sample);
  if (beyond === undefined) return undefined;
  let best: string | undefined;
  // Worse than a sign for every other letter is no text of these languages.
  let most = -beyond * (costs.absent / 2) - costs.absent;
  for (const { name, languages, rarity } of latinEncodings) {
    const text = decode(sample, name);
    if (text === undefined) continue;
    const score = scoreOf(text, languages) - rarity;
    if (score <= most) continue;
    most = score;
    best = name;
  }
  return best;
}

/** How many there are; `undefined` where they are too many, or stand together as those of other scripts do. */
function lettersBeyondAscii(bytes: Uint8Array): number | undefined {
  let ascii = 0;
  let beyond = 0;
  let runs = 0;
  let wasBeyond = false;
  for (const byte of bytes) {
    const isBeyond = byte >= 0x80;
    if (isBeyond) {
      beyond += 1;
      if (!wasBeyond) runs += 1;
    } else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ascii += 1;
    wasBeyond = isBeyond;
  }
  const isLatin = beyond > 0 && ascii >= beyond * 0.6 && beyond <= runs * 2.4;
  return isLatin ? beyond : undefined;
}

/** What speaks against a language for each letter or sign; words speak for it. */
const costs = { usual: 1, rare: 2.5, odd: 3, absent: 6, sign: 6, control: 8 } as const;
const wordGain = 1.2;
const maxWords = 40;

interface Reading {
  /** Letters beyond ASCII, and how often each stands there. */
  readonly letters: ReadonlyMap<string, number>;
  readonly words: ReadonlyMap<string, number>;
  /** What no language of people has. */
  readonly faults: number;
  readonly text: string;
}

function scoreOf(text: string, languages: readonly LatinCode[]): number {
  const reading = read(text);
  const scores = languages.map((code) => scoreAs(reading, code));
  return Math.max(...scores) - reading.faults;
}

function scoreAs({ letters, words, text }: Reading, code: LatinCode): number {
  const language = latinLanguages[code];
  const [common, usual, rare] = language.letters;
  let score = 0;
  for (const [letter, times] of letters) {
    if (common.includes(letter)) continue;
    if (usual.includes(letter)) score -= costs.usual * times;
    else score -= (rare.includes(letter) ? costs.rare : costs.absent) * times;
  }
  let known = 0;
  for (const [word, times] of words) if (language.words.has(word)) known += times;
  if ('needsWord' in language && known === 0) return Number.NEGATIVE_INFINITY;
  const odd = 'odd' in language ? (text.match(language.odd)?.length ?? 0) : 0;
  return score + Math.min(known, maxWords) * wordGain - odd * costs.odd;
}

/** Of a meter or a gram, which is no letter of a word. */
const unitOfMillionths = /(?<!\p{L})\u00b5(?=[a-z](?!\p{L}))/gu;

function read(source: string): Reading {
  const text = source.toLowerCase().normalize('NFC').replace(unitOfMillionths, '');
  const letters = new Map<string, number>();
  // What stands before a Spanish question belongs to its language.
  for (const [letter] of text.matchAll(/[^\p{ASCII}\P{L}]|[¿¡](?=\p{L})/gu)) {
    letters.set(letter, (letters.get(letter) ?? 0) + 1);
  }
  const words = new Map<string, number>();
  for (const [word] of text.matchAll(/\p{L}+/gu)) words.set(word, (words.get(word) ?? 0) + 1);
  return { letters, words, faults: faultsOf(source), text };
}

/** What stands between words and around them, and is no sign. */
const marks = '‘’‚“”„…–—«»‹›¿¡\\u00a0\\u00ad';
const sign = `[^\\p{ASCII}\\p{L}\\p{M}${marks}]`;

const faults: readonly (readonly [pattern: RegExp, cost: number])[] = [
  [/[\u0080-\u009f\ufffd\ue000-\uf8ff]/g, costs.control],
  // Between letters; the dot is of Catalan.
  [
    new RegExp(`(?<=\\p{L}(?:${sign}){0,3})(?!·)${sign}(?=(?:${sign}){0,3}\\p{L})`, 'gu'),
    costs.sign,
  ],
  [/(?<=\p{L})[‘‚“”„…«»‹›¿¡](?=\p{L})/gu, costs.sign],
  [/(?<=\p{Ll})[–—](?=\p{Ll})/gu, costs.usual],
  // At the end of a word, where powers, degrees and names that are registered stand; and at its beginning.
  [
    /(?<=\p{L})[^\p{ASCII}\p{L}\p{M}\p{Pd}\p{Pi}\p{Pf}„‚…\u00a0\u00ad²³°®™·](?![\p{L}\p{M}])/gu,
    costs.odd,
  ],
  [/(?<![\p{L}\p{N}])[^\p{ASCII}\p{L}\p{M}\p{Pd}\p{Pi}\p{Pf}„‚…\u00a0©¿¡•·](?=\p{L})/gu, costs.odd],
  [/\p{Ll}\p{Lu}/gu, costs.odd],
];

const faultsOf = (text: string): number =>
  faults.reduce((sum, [pattern, cost]) => sum + (text.match(pattern)?.length ?? 0) * cost, 0);
