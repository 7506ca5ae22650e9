const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
const length = 22;
const pool = new Uint8Array(length * 1024);
let used = pool.length;
// One list for all: to grow one for each id takes longer than the rest of it.
const letters: number[] = [...codes.subarray(0, length)];

/**
 * 132 random bits as 22 characters that may stand in a URL.
 *
 * Unlike `crypto.randomUUID` it works on pages without a secure context, and its string is in one
 * piece: a UUID is put together from twenty, which a retained job would pay for.
 */
export function randomId(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let at = 0; at < length; at += 1) {
    letters[at] = codes[(pool[used + at] ?? 0) & 63] ?? 0;
  }
  used += length;
  return String.fromCharCode(...letters);
}
