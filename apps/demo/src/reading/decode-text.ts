import { shiftedEncoding, unshift } from './shifted-text.ts';
import { strictly } from './strict-decoder.ts';
import { utf8Evidence } from './utf8-evidence.ts';
import { markedEncoding, wideEncoding } from './wide-text.ts';

/**
 * Bytes as text. What they prove comes before what is said of them: a byte order mark, then the form of
 * UTF-16, then escapes of ISO 2022, then UTF-8, even with a byte or two that went wrong. Only then is
 * the declared encoding heard, if the bytes are possible in it; then what they look most like; and
 * Windows-1252 (a superset of Latin-1) at last.
 *
 * @param declared An encoding that the document itself names, such as HTML's `<meta charset>`.
 */
export async function decodeText(bytes: Uint8Array, declared?: string): Promise<string> {
  const marked = markedEncoding(bytes);
  if (marked?.startsWith('utf-32'))
    return (await import('./legacy-text.ts')).decodeBy(bytes, marked);
  const encoding = marked ?? wideEncoding(bytes);
  if (encoding !== undefined) return new TextDecoder(encoding).decode(bytes);
  const shifted = shiftedEncoding(bytes, declared);
  if (shifted !== undefined) {
    const text = strictly(unshift(bytes, shifted), shifted.encoding);
    if (text !== undefined) return text;
  }
  if (isUtf7(declared) && bytes.every((byte) => byte < 0x80))
    return (await import('./legacy-text.ts')).decodeBy(bytes, 'utf-7');
  const whole = strictly(bytes, 'utf-8');
  if (whole !== undefined) {
    const isSuspect = mayBeSevenBit.test(whole.slice(0, suspectLength));
    return (isSuspect && (await import('./seven-bit-text.ts')).decodeSevenBit(whole)) || whole;
  }
  const { valid, invalid } = utf8Evidence(bytes);
  // Bytes of another encoding that look like UTF-8 by chance are few among those that do not.
  if (invalid <= valid) return new TextDecoder().decode(bytes);
  return (await import('./legacy-text.ts')).decodeLegacy(bytes, declared);
}

/** Shifts of HZ, or a stretch of UTF-7. */
const mayBeSevenBit = /~\{[!-W]{2}|\+[A-Za-z\d/]{3,}(?![A-Za-z\d+/=])/;
const suspectLength = 64 * 1024;

/** Whether an encoding that is declared is UTF-7, under any of its names. */
export const isUtf7 = (declared: string | undefined): boolean =>
  /^(?:x-|unicode-1-1-)?utf-?7$/i.test(declared ?? '');
