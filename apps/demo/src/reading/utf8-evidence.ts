/** How far bytes are UTF-8. */
export interface Utf8Evidence {
  /** Whole characters beyond ASCII. */
  readonly valid: number;
  /** Places where a decoder puts a replacement character; a text that is cut in its last one has none. */
  readonly invalid: number;
}

/** Counts in one pass, by the table of well-formed sequences of the Unicode Standard (3.9). */
export function utf8Evidence(bytes: Uint8Array): Utf8Evidence {
  let valid = 0;
  let invalid = 0;
  let cut = false;
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const length = sequenceLength(lead);
    let have = 1;
    while (have < length && isPossible(lead, have, bytes[at + have])) have += 1;
    if (length > 0 && have === length) valid += 1;
    else if (length > 0 && at + have === bytes.length) cut = true;
    else invalid += 1;
    at += have;
  }
  // Without another character that speaks for UTF-8, the last byte speaks against it.
  return { valid, invalid: cut && valid === 0 ? invalid + 1 : invalid };
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

function isPossible(lead: number, position: number, byte: number | undefined): boolean {
  if (byte === undefined || byte < 0x80 || byte > 0xbf) return false;
  if (position > 1) return true;
  if (lead === 0xe0) return byte >= 0xa0;
  if (lead === 0xed) return byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90;
  return lead !== 0xf4 || byte <= 0x8f;
}
