const sampleBytes = 16 * 1024;

/** UTF-32 without a mark: each of its units is a character, and text is of few scripts. */
function unmarkedUtf32(bytes: Uint8Array): 'utf-32le' | 'utf-32be' | undefined {
  const length = Math.min(bytes.length, sampleBytes) & ~3;
  if (length < 8 || bytes.length % 4 !== 0 || !bytes.includes(0)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  return (['utf-32le', 'utf-32be'] as const).find((encoding) => {
    let text = '';
    for (let at = 0; at < length; at += 4) {
      const code = view.getUint32(at, encoding === 'utf-32le');
      if (code === 0 || code > 0x10ffff) return false;
      text += String.fromCodePoint(code);
    }
    return isText(text);
  });
}

/** The encoding that a byte order mark names, or the form of UTF-32. */
export function markedEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32le' : 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'utf-32be';
  return unmarkedUtf32(bytes);
}

/**
 * UTF-16 without a mark. Blanks, digits and line ends of any script have a zero beside them, and no
 * encoding of text but UTF-16 has zeros at all; Chinese and Japanese, which may do without blanks, are
 * known by their kana and stops. Either way the units have to be characters, and of few scripts.
 */
export function wideEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const length = Math.min(bytes.length, sampleBytes) & ~1;
  if (length < 4) return undefined;
  let little = 0;
  let big = 0;
  let lowOdd = 0;
  let lowEven = 0;
  let ascii = 0;
  for (let at = 0; at < length; at += 2) {
    const even = bytes[at] ?? 0;
    const odd = bytes[at + 1] ?? 0;
    if (odd === 0 && isAscii(even)) little += 1;
    if (even === 0 && isAscii(odd)) big += 1;
    if (isAscii(even)) ascii += 1;
    if (isAscii(odd)) ascii += 1;
    if (odd < 0x20) lowOdd += 1;
    if (even < 0x20) lowEven += 1;
  }
  // Pairs of ASCII are Chinese characters: a text with a zero where a byte was lost is none of them.
  if (ascii > length * 0.85) return undefined;
  // A word of Greek, Cyrillic, Hebrew, Arabic or Thai alone: no zero, but its block in every other byte.
  if (little === 0 && big === 0) {
    if (lowOdd > length * 0.4 && lowOdd >= lowEven) little = 1;
    else if (lowEven > length * 0.4) big = 1;
  }
  if (little > 0 || big > 0) {
    const encoding = little >= big ? 'utf-16le' : 'utf-16be';
    if (isText(decode(bytes, length, encoding))) return encoding;
  }
  // An odd length speaks against it.
  if (bytes.length % 2 !== 0) return undefined;
  return (['utf-16le', 'utf-16be'] as const).find((encoding) =>
    isEastAsian(decode(bytes, length, encoding)),
  );
}

const isAscii = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d);

// A pair of surrogates that the sample's end parts is no fault of the text.
const decode = (bytes: Uint8Array, length: number, encoding: string): string =>
  new TextDecoder(encoding).decode(bytes.subarray(0, length), { stream: true });

const scripts = [
  /\p{Script=Latin}/gu,
  /\p{Script=Cyrillic}/gu,
  /\p{Script=Greek}/gu,
  /[\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  /[\u4e00-\u9fff]/gu,
  /\p{Script=Hangul}/gu,
];

/** No control, no replacement, nothing unassigned or private, and letters of one script or two. */
function isText(text: string): boolean {
  const strange = count(text, /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\ufffd]/gu) - count(text, /[\t\n\v\f\r]/g);
  if (strange > text.length / 100) return false;
  const letters = count(text, /\p{L}/gu);
  const known = scripts.map((script) => count(text, script));
  const others = letters - known.reduce((sum, each) => sum + each, 0);
  const [first = 0, second = 0] = [...known, others].sort((a, b) => b - a);
  return first + second >= letters * 0.9;
}

function isEastAsian(text: string): boolean {
  const marks = count(text, /[\u3000-\u30ff\uff01-\uff5e]/gu);
  const characters = count(text, /[\u4e00-\u9fff]/gu);
  return marks >= text.length * 0.05 && marks + characters >= text.length * 0.97;
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
