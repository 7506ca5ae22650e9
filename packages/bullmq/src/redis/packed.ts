/** What a script takes: texts, whole numbers, which arrive as texts, and bytes. */
export type Packable = string | number | Buffer | readonly Packable[];

let target = Buffer.allocUnsafe(65_536);
let at = 0;

/**
 * As MessagePack, which a script unpacks at once: Redis and this process pay for each argument of a command
 * several times what an element costs here. All is text or a list, since the decoder of Redis knows no
 * other form of bytes.
 */
export function pack(values: readonly Packable[]): Buffer {
  at = 0;
  writeList(values);
  const packed = Buffer.from(target.subarray(0, at));
  // A large one is not kept for the sake of the small ones that follow.
  if (target.length > 1_048_576) target = Buffer.allocUnsafe(65_536);
  return packed;
}

function writeList(values: readonly Packable[]): void {
  reserve(5);
  if (values.length < 16) {
    target[at++] = 0x90 | values.length;
  } else {
    target[at++] = 0xdd;
    at = target.writeUInt32BE(values.length, at);
  }
  for (const value of values) {
    if (typeof value === 'string') writeText(value);
    else if (typeof value === 'number') writeText(String(value));
    else if (Buffer.isBuffer(value)) writeBytes(value);
    else writeList(value);
  }
}

function writeText(text: string): void {
  const { length } = text;
  // A unit of UTF-16 takes three bytes at most.
  reserve(5 + 3 * length);
  if (3 * length < 32) {
    const written = target.write(text, at + 1);
    target[at] = 0xa0 | written;
    at += 1 + written;
  } else {
    const written = target.write(text, at + 5);
    target[at] = 0xdb;
    target.writeUInt32BE(written, at + 1);
    at += 5 + written;
  }
}

function writeBytes(bytes: Buffer): void {
  reserve(5 + bytes.length);
  target[at] = 0xdb;
  target.writeUInt32BE(bytes.length, at + 1);
  at += 5 + bytes.copy(target, at + 5);
}

function reserve(bytes: number): void {
  if (at + bytes <= target.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * target.length, at + bytes));
  target.copy(larger, 0, 0, at);
  target = larger;
}
