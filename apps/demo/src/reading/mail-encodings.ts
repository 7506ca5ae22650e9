import iconv from 'iconv-lite';
import { decodeText } from './decode-text.ts';
import { strictly } from './strict-decoder.ts';

/**
 * The same mail with Windows-1252 declared for each of its texts, in which all bytes are possible: what a
 * parser makes of it then can be made bytes again, and be decoded by what they are.
 */
export function asEightBits(mail: Uint8Array): Uint8Array {
  const source = Buffer.from(mail.buffer, mail.byteOffset, mail.length).toString('latin1');
  const [head = '', ...rest] = source.split(/(?<=\r?\n)(?=--|\r?\n)/);
  return Buffer.from(
    [declaredIn(head, true), ...rest.map((part) => declaredIn(part))].join(''),
    'latin1',
  );
}

const textType =
  /^content-type:[ \t]*(?:\r?\n[ \t]+)?text\/(?:plain|html)\b(?:[^\r\n]|\r?\n[ \t])*/gim;
const anyType = /^content-type:/im;

function declaredIn(part: string, isHead = false): string {
  if (isHead && !anyType.test(part)) return `Content-Type: text/plain; ${label}\r\n${part}`;
  return part.replace(
    textType,
    (field) => `${field.replace(/;\s*charset\s*=\s*(?:"[^"]*"|[^;\s]*)/gi, '')}; ${label}`,
  );
}

const label = 'charset=windows-1252';

/** The first encoding that a text of the mail is declared to have. */
export function declaredOfMail(mail: Uint8Array): string | undefined {
  const head = Buffer.from(mail.buffer, mail.byteOffset, Math.min(mail.length, 64 * 1024));
  return /charset\s*=\s*"?([\w.:-]+)/i.exec(head.toString('latin1'))?.[1];
}

/** The bytes that Windows-1252 shows so. */
export function bytesOf(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const byte = code < 256 ? code : (upper.get(code) ?? -1);
    if (byte === -1) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}

const upper: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 32 }, (_, at) => {
    const byte = 0x80 + at;
    return [
      new TextDecoder('windows-1252').decode(Uint8Array.of(byte)).charCodeAt(0),
      byte,
    ] as const;
  }),
);

/**
 * The same mail with its fields in UTF-8, as the parser takes them: old programs wrote them in the encoding of
 * their country, and named it nowhere.
 */
export async function withUnicodeFields(mail: Buffer): Promise<Buffer> {
  const end = /\r?\n\r?\n/.exec(mail.toString('latin1', 0, maxFieldBytes));
  const fields = mail.subarray(0, end?.index ?? maxFieldBytes);
  if (strictly(fields, 'utf-8') !== undefined) return mail;
  return Buffer.concat([Buffer.from(await decodeText(fields)), mail.subarray(fields.length)]);
}

const maxFieldBytes = 256 * 1024;

/** Whether the parser takes an encoding for another one, or for none. */
export function isForeign(declared: string | undefined): boolean {
  if (declared === undefined) return false;
  try {
    new TextDecoder(declared);
    return false;
  } catch {
    return iconv.encodingExists(declared);
  }
}
