/**
 * SHA-256 for the simulated disk: WebCrypto's goes through a thread for each digest, which makes a
 * simulation of many thousand small files ten times slower.
 *
 * @returns 64 hexadecimal digits in lower case.
 */
export function sha256(bytes: Uint8Array): string {
  const padded = new Uint8Array(((bytes.byteLength + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.byteLength] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.byteLength - 8, BigInt(bytes.byteLength) * 8n);
  const state = Uint32Array.from(roots(8, 1 / 2));
  const words = new Uint32Array(64);
  for (let offset = 0; offset < padded.byteLength; offset += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getUint32(offset + 4 * i);
    compress(state, words);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** The same, computed once for small contents that come again and again. */
export function knownSha256(bytes: Uint8Array): string {
  if (bytes.byteLength > 4096) return sha256(bytes);
  const text = latin1.decode(bytes);
  const digest = known.get(text) ?? sha256(bytes);
  if (known.size >= 10_000) known.clear();
  known.set(text, digest);
  return digest;
}

const latin1 = new TextDecoder('latin1');
const known = new Map<string, string>();

const constants = Uint32Array.from(roots(64, 1 / 3));

function compress(state: Uint32Array, words: Uint32Array): void {
  const at = (list: Uint32Array, index: number): number => list[index] ?? 0;
  for (let i = 16; i < 64; i += 1) {
    const a = at(words, i - 15);
    const b = at(words, i - 2);
    const mixedA = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    const mixedB = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    words[i] = at(words, i - 16) + mixedA + at(words, i - 7) + mixedB;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const mixedE = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + mixedE + choice + at(constants, i) + at(words, i)) | 0;
    const mixedA = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + mixedA + majority) | 0];
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + value;
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The first 32 bits of the fractions of the roots of the first primes, as the standard has them. */
function roots(count: number, exponent: number): readonly number[] {
  const found: number[] = [];
  const primes: number[] = [];
  for (let n = 2; found.length < count; n += 1) {
    if (primes.some((prime) => n % prime === 0)) continue;
    primes.push(n);
    const root = n ** exponent;
    found.push(Math.floor((root - Math.floor(root)) * 2 ** 32));
  }
  return found;
}
