const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The letter of each byte. */
const codes = Uint8Array.from(alphabet.repeat(4), (letter) => letter.charCodeAt(0));
const length = 22;
/** Bytes of so many ids are taken at once, and letters of so few: an id keeps the text that it is cut from. */
const pool = new Uint8Array(length * 1024);
const batch = length * 32;
const decoder = new TextDecoder();
let text = '';
let cut = 0;
let used = pool.length;

/**
 * 132 random bits as 22 characters that may stand in a URL.
 *
 * Unlike `crypto.randomUUID` it works on pages without a secure context, and it is cut from a text of
 * several, which takes half as long as to put each together.
 */
export function randomId(): string {
  if (cut === text.length) refill();
  cut += length;
  return text.slice(cut - length, cut);
}

function refill(): void {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const letters = pool.subarray(used, used + batch);
  for (let at = 0; at < batch; at += 1) letters[at] = codes[letters[at] ?? 0] ?? 0;
  used += batch;
  text = decoder.decode(letters);
  cut = 0;
}
