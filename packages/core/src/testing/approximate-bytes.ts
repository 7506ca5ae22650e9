/** About what a value takes when it is serialized: exact for long strings and buffers. */
export function approximateBytes(value: unknown): number {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') bytes += 3 + bytesOfText(next);
    else if (typeof next !== 'object' || next === null) bytes += 5;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += 4;
      if (next instanceof ArrayBuffer) bytes += next.byteLength;
      else if (ArrayBuffer.isView(next)) open.push(next.buffer);
      else if (next instanceof Map) for (const [key, item] of next) open.push(key, item);
      else if (next instanceof Set) open.push(...next);
      else for (const [key, item] of Object.entries(next)) open.push(key, item);
    }
  }
  return bytes;
}

// As V8 has it: one byte a character where all are of Latin-1.
function bytesOfText(text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0xff) return text.length * 2;
  }
  return text.length;
}
