export type RtfToken =
  | { readonly kind: 'open' | 'close' }
  | { readonly kind: 'control'; readonly name: string; readonly value: number | undefined }
  | { readonly kind: 'byte'; readonly value: number };

const open = { kind: 'open' } as const;
const close = { kind: 'close' } as const;

/** Groups, control words and bytes of text, in one pass. */
export class RtfTokens implements Iterable<RtfToken> {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<RtfToken> {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at] ?? 0;
      at += 1;
      if (byte === 0x7b) yield open;
      else if (byte === 0x7d) yield close;
      else if (byte === 0x5c) {
        const { token, end } = this.#control(at);
        at = end;
        if (token.kind === 'control' && token.name === 'bin') {
          at += Math.max(0, token.value ?? 0);
        } else yield token;
      } else if (byte !== 0x0d && byte !== 0x0a) yield { kind: 'byte', value: byte };
    }
  }

  #control(start: number): { token: RtfToken; end: number } {
    const bytes = this.#bytes;
    let at = start;
    while (at - start < 32 && isLetter(bytes[at])) at += 1;
    if (at === start) return this.#symbol(start);
    const name = latin(bytes.subarray(start, at));
    const from = at;
    if (bytes[at] === 0x2d) at += 1;
    while (at - from < 11 && isDigit(bytes[at])) at += 1;
    const digits = latin(bytes.subarray(from, at));
    const value = digits === '' || digits === '-' ? undefined : Number(digits);
    // A blank after a word belongs to it.
    if (bytes[at] === 0x20) at += 1;
    return { token: { kind: 'control', name, value }, end: at };
  }

  #symbol(start: number): { token: RtfToken; end: number } {
    const byte = this.#bytes[start] ?? 0x20;
    const sign = String.fromCharCode(byte);
    if (sign === "'") {
      const value = Number.parseInt(latin(this.#bytes.subarray(start + 1, start + 3)), 16);
      return { token: { kind: 'byte', value: Number.isNaN(value) ? 0x3f : value }, end: start + 3 };
    }
    if ('\\{}'.includes(sign)) return { token: { kind: 'byte', value: byte }, end: start + 1 };
    const name = sign === '\n' || sign === '\r' ? 'par' : sign;
    return { token: { kind: 'control', name, value: undefined }, end: start + 1 };
  }
}

const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
