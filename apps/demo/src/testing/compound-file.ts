/** A compound file (OLE) with nothing but the names of its streams. */
export function writeCompoundFile(names: readonly string[]): Uint8Array {
  const bytes = Buffer.alloc(512 + 128 * names.length);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
  for (const [index, name] of names.entries()) {
    const at = 512 + 128 * index;
    bytes.write(name, at, 'utf16le');
    bytes.writeUInt16LE((name.length + 1) * 2, at + 64);
    bytes[at + 66] = 2;
  }
  return bytes;
}
