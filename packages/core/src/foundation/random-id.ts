const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
const length = 22;
const pool = new Uint8Array(length * 128);
let used = pool.length;

/**
 * 132 random bits as 22 characters that may stand in a URL (J3).
 *
 * Unlike `crypto.randomUUID` it works on pages without a secure context, and its string is in one
 * piece: a UUID is put together from twenty, which a retained job would pay for (J18).
 */
export function randomId(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const letters: number[] = [];
  for (let end = used + length; used < end; used += 1) {
    letters.push(codes[(pool[used] ?? 0) & 63] ?? 0);
  }
  return String.fromCharCode(...letters);
}
