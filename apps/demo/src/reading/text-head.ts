/** As much of a file as says what it is. */
const headBytes = 1024;

/** The beginning of a file as Latin-1, a mark of UTF-8 included. */
export const textHead = (bytes: Uint8Array, length = headBytes): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, length)).toString('latin1');
