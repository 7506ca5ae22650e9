import { detect } from 'chardet';

/**
 * Bytes as text: a byte order mark decides, then valid UTF-8, then the pattern of UTF-16 without a
 * mark, then what the bytes look most like, and Windows-1252 (a superset of Latin-1) at last.
 *
 * @param declared An encoding that the document itself names, such as HTML's `<meta charset>`.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return decode(bytes, marked) ?? '';
  const wide = wideEncoding(bytes);
  if (wide !== undefined) return decode(bytes, wide) ?? '';
  return (
    decodeStrictly(bytes, 'utf-8') ??
    (declared === undefined ? undefined : decode(bytes, declared)) ??
    decode(bytes, detect(bytes.subarray(0, 64 * 1024)) ?? '') ??
    decode(bytes, 'windows-1252') ??
    ''
  );
}

/** The encoding that a byte order mark names. */
export function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/**
 * UTF-16 without a mark: text in scripts below U+0100 has a zero in every other byte, and no other
 * encoding of text has zeros at all.
 */
export function wideEncoding(bytes: Uint8Array): string | undefined {
  const length = Math.min(bytes.length, 512) & ~1;
  if (length < 4) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even += 1;
    if (bytes[at + 1] === 0) odd += 1;
  }
  const half = length / 2;
  if (odd > half * 0.6 && even < half * 0.1) return 'utf-16le';
  if (even > half * 0.6 && odd < half * 0.1) return 'utf-16be';
  return undefined;
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  if (encoding === '') return undefined;
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined; // an encoding that this runtime does not know
  }
}

function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
