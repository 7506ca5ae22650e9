import { analyse } from 'chardet';
import iconv from 'iconv-lite';
import { cyrillic } from './alphabets.ts';
import { decodeJohab, isJohab, isLikeJohab } from './johab.ts';
import { latinEncoding } from './latin-encoding.ts';
import { encodingOf, scriptEncoding } from './script-encoding.ts';
import { strictly } from './strict-decoder.ts';

/** Text that is not of Unicode: as it declares, as it looks, or as Windows-1252. */
export function decodeLegacy(bytes: Uint8Array, declared?: string): string {
  return (
    decodeDeclared(bytes, declared) ??
    decodeDetected(bytes) ??
    new TextDecoder('windows-1252').decode(bytes)
  );
}

/** By what its structure or its declaration proves, where browsers do not know it. */
export const decodeBy = (bytes: Uint8Array, encoding: string): string =>
  iconv.decode(Buffer.from(bytes), encoding);

// Where a declared encoding is UTF-16 or UTF-8, the bytes have shown already that they are not.
function decodeDeclared(bytes: Uint8Array, declared: string | undefined): string | undefined {
  if (declared === undefined || /^utf-?(?:8|16|32)/i.test(declared)) return undefined;
  return decodeNamed(bytes, declared);
}

/** Decodes strictly; iconv-lite knows what browsers do not, such as the code pages of DOS. */
function decodeNamed(bytes: Uint8Array, encoding: string): string | undefined {
  if (isJohab(encoding)) return decodeJohab(bytes);
  if (isKnown(encoding)) return strictly(bytes, encoding);
  if (!iconv.encodingExists(encoding)) return undefined;
  const text = iconv.decode(Buffer.from(bytes), encoding);
  return text.includes('\ufffd') ? undefined : text;
}

const sampleBytes = 64 * 1024;
const mayHaveWords = /[\x80-\xff]{3}|[A-Za-z][\x80-\xff]|[\x80-\xff][@-~]/;

// What the detector does not know, and what old systems have left behind.
const olderEncodings = ['koi8-u', 'ibm866', 'x-mac-cyrillic', 'windows-874', 'macintosh', 'cp850'];

/** The text as the encoding has it that the bytes look most like, among those in which all are possible. */
function decodeDetected(bytes: Uint8Array): string | undefined {
  const sample = withoutTags(sampleOf(bytes));
  const latin = latinEncoding(sample, decodeNamed);
  const asLatin = latin === undefined ? undefined : decodeNamed(bytes, latin);
  if (asLatin !== undefined) return asLatin;
  // No word of another script: bullets, degrees, prices.
  if (!mayHaveWords.test(Buffer.from(sample).toString('latin1'))) return undefined;
  const others = withoutPlainWords(sample);
  const script = scriptEncoding(others, decodeNamed);
  const asScript = script === undefined ? undefined : decodeNamed(bytes, script);
  if (asScript !== undefined) return asScript;
  if (isLikeJohab(sample.subarray(0, 4096))) return decodeNamed(bytes, 'johab');
  const found = analyse(others)
    .map(({ name }) => name)
    .filter((name) => !/^(?:utf|ascii|iso-2022)/i.test(name))
    .find((name) => strictly(bytes, name) !== undefined);
  let best: string = found ?? 'windows-1252';
  let fewest = oddities(decodeNamed(sample, best) ?? '');
  if (fewest > sample.length / 50) {
    for (const encoding of olderEncodings) {
      const odd = oddities(decodeNamed(sample, encoding) ?? '');
      if (odd * 2 >= fewest || decodeNamed(bytes, encoding) === undefined) continue;
      best = encoding;
      fewest = odd;
    }
  }
  if (cyrillic.encodings.includes(best.toLowerCase())) {
    best = encodingOf(cyrillic, sample, decodeNamed, best);
  }
  return decodeNamed(bytes, best);
}

/** What no text of people has: signs and capitals within words, controls, letters of two scripts in one. */
function oddities(text: string): number {
  let odd = 0;
  let before: CharacterKind = 'other';
  let wasLatin = false;
  for (const character of text) {
    const kind = kindOf(character);
    const isLatin = character < '\u0370';
    const inWord = isLetter(kind) && isLetter(before);
    if (kind === 'control') odd += 1;
    else if (inWord && (isLatin !== wasLatin || (before === 'lower' && kind === 'upper'))) odd += 1;
    else if (kind === 'sign' && isLetter(before)) odd += 1;
    else if (before === 'sign' && kind === 'lower') odd += 1;
    before = kind;
    wasLatin = isLatin;
  }
  return odd;
}

type CharacterKind = 'control' | 'lower' | 'upper' | 'sign' | 'other';

const isLetter = (kind: CharacterKind): boolean => kind === 'lower' || kind === 'upper';

// Low and double quotation marks stand at words' ends; an apostrophe stands within.
const signs = /[\p{S}\u201a-\u201e]/u;

function kindOf(character: string): CharacterKind {
  if (character < '\x80') {
    if (/[a-z]/.test(character)) return 'lower';
    return /[A-Z]/.test(character) ? 'upper' : 'other';
  }
  if (character < '\xa0' || character === '\ufffd') return 'control';
  if (/[\uff61-\uff9f]/.test(character)) return 'control';
  if (/\p{Lu}/u.test(character)) return 'upper';
  if (/[\p{Ll}\p{Lo}]/u.test(character)) return 'lower';
  return signs.test(character) ? 'sign' : 'other';
}

/** The lines that say something of the encoding: those with bytes beyond ASCII. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const sample = new Uint8Array(Math.min(bytes.length, sampleBytes));
  let length = 0;
  let lineStart = 0;
  let tells = false;
  for (let at = 0; at < bytes.length && length < sample.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) tells = true;
    if (byte !== 0x0a && at - lineStart < 1024 && at < bytes.length - 1) continue;
    if (tells) {
      const line = bytes.subarray(lineStart, Math.min(at + 1, lineStart + sample.length - length));
      sample.set(line, length);
      length += line.length;
    }
    lineStart = at + 1;
    tells = false;
  }
  return sample.subarray(0, length);
}

/** Tags are ASCII whatever the encoding is, and would pass for the words of a language. */
function withoutTags(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return Buffer.from(text.replace(/<[!/?A-Za-z][^<>]{0,300}>/g, ' '), 'latin1');
}

/** Words of ASCII alone say nothing of another script that stands among them. */
function withoutPlainWords(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const others = text.replace(/(?<![A-Za-z\x80-\xff])[A-Za-z]+(?![A-Za-z\x80-\xff])/g, ' ');
  return Buffer.from(others, 'latin1');
}

function isKnown(encoding: string): boolean {
  try {
    new TextDecoder(encoding);
    return true;
  } catch {
    return false;
  }
}
