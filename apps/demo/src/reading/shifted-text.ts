/** An encoding of seven bits that shifts between alphabets by sequences of its own. */
export interface ShiftedEncoding {
  /** The encoding that `unshift` leads to, by a name that `TextDecoder` knows. */
  readonly encoding: string;
  /** What begins and ends a stretch of the other alphabet; none where the decoder knows them itself. */
  readonly shifts?: { readonly begin: string; readonly end: string };
}

const iso2022jp: ShiftedEncoding = { encoding: 'iso-2022-jp' };
const iso2022kr: ShiftedEncoding = {
  encoding: 'euc-kr',
  shifts: { begin: '\x0e', end: '\x0f' },
};
const iso2022cn: ShiftedEncoding = { ...iso2022kr, encoding: 'gbk' };
/** Of Chinese, in the bytes of ASCII. */
export const hz: ShiftedEncoding = { encoding: 'gbk', shifts: { begin: '~{', end: '~}' } };

const designations: readonly (readonly [string, ShiftedEncoding])[] = [
  ['\x1b$B', iso2022jp],
  ['\x1b$@', iso2022jp],
  ['\x1b(J', iso2022jp],
  ['\x1b(I', iso2022jp],
  ['\x1b$)C', iso2022kr],
  ['\x1b$)A', iso2022cn],
];

/**
 * ISO 2022 by its escapes, whose bytes are those of ASCII; HZ, whose shifts occur in other texts, where it
 * is declared.
 */
export function shiftedEncoding(bytes: Uint8Array, declared = ''): ShiftedEncoding | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (/^hz(?:-gb-2312)?$/i.test(declared)) return hz;
  if (!buffer.includes(0x1b)) return undefined;
  if (bytes.some((byte) => byte >= 0x80)) return undefined;
  return designations.find(([sequence]) => buffer.includes(sequence, 0, 'latin1'))?.[1];
}

/** The bytes with their shifted stretches as the encoding of eight bits has them. */
export function unshift(bytes: Uint8Array, { shifts }: ShiftedEncoding): Uint8Array {
  if (shifts === undefined) return bytes;
  const source = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll('\x1b$)C', '')
    .replaceAll('\x1b$)A', '');
  const pieces = source.split(shifts.begin).map((piece, index) => {
    if (index === 0) return Buffer.from(piece, 'latin1');
    const end = piece.indexOf(shifts.end);
    const shifted = Buffer.from(end === -1 ? piece : piece.slice(0, end), 'latin1');
    for (const [at, byte] of shifted.entries()) if (byte > 0x20) shifted[at] = byte | 0x80;
    const rest = end === -1 ? '' : piece.slice(end + shifts.end.length);
    return Buffer.concat([shifted, Buffer.from(rest, 'latin1')]);
  });
  return Buffer.concat(pieces);
}
