import iconv from 'iconv-lite';
import { hz, unshift } from './shifted-text.ts';
import { strictly } from './strict-decoder.ts';

/**
 * Encodings that write other scripts in the characters of ASCII, where nobody declares them: HZ and UTF-7.
 * Their signs occur in other texts, so each of them has to lead to characters, and all to those of one script.
 *
 * @returns `undefined` for a text that means what it says
 */
export function decodeSevenBit(text: string): string | undefined {
  if (/[^\0-\x7f]/.test(text)) return undefined;
  return decodeHz(text) ?? decodeUtf7(text);
}

/** Pairs of signs and of the characters that are used most, in one line. */
const stretchOfHz = /~\{(?:[!#0-W][!-~])+~\}/g;
const fewestOfHz = 2;

function decodeHz(text: string): string | undefined {
  const rest = text.replace(stretchOfHz, '');
  if (rest.length === text.length || /~[{}]/.test(rest)) return undefined;
  const decoded = strictly(unshift(Buffer.from(text, 'latin1'), hz), hz.encoding);
  const characters = decoded?.match(/\p{Script=Han}/gu)?.length ?? 0;
  return characters < fewestOfHz ? undefined : decoded?.replaceAll('~~', '~').replaceAll('~\n', '');
}

const stretchOfUtf7 = /\+([A-Za-z\d+/]*)(-?)/g;
const fewestOfUtf7 = 3;
/** By the upper bytes of their characters; of the many of Chinese and Japanese more have to be there. */
const scripts: readonly (readonly [pattern: RegExp, fewest: number])[] = [
  [/^[\u00a0-\u024f\u2010-\u203a\u20ac]+$/, fewestOfUtf7],
  ...[
    '\\u0370-\\u03ff',
    '\\u0400-\\u045f',
    '\\u0590-\\u05f4',
    '\\u0620-\\u06ff',
    '\\u0e00-\\u0e5b',
  ].map(
    (range) => [new RegExp(`^[${range}\\u00a0-\\u00bf\\u2010-\\u203a ]+$`), fewestOfUtf7] as const,
  ),
  [/^[\uac00-\ud7a3]+$/, 6],
  [/^[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]+$/, 12],
];

function decodeUtf7(text: string): string | undefined {
  let decoded = '';
  for (const [, base64 = '', end = ''] of text.matchAll(stretchOfUtf7)) {
    if (base64 === '' && end === '-') continue;
    const units = unitsOf(base64);
    if (units === undefined) return undefined;
    decoded += units;
  }
  const isOne = scripts.some(
    ([pattern, fewest]) => decoded.length >= fewest && pattern.test(decoded),
  );
  return isOne ? iconv.decode(Buffer.from(text, 'latin1'), 'utf-7') : undefined;
}

/** Whole characters, and nothing but zeros behind them. */
function unitsOf(base64: string): string | undefined {
  const bits = base64.length * 6;
  if (bits < 16 || bits % 16 >= 6) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const last = Buffer.from(base64.at(-1) === undefined ? '' : `AAA${base64.at(-1)}`, 'base64');
  const unused = (last[2] ?? 0) & ((1 << (bits % 16)) - 1);
  if (unused !== 0) return undefined;
  return bytes
    .subarray(0, (bits >> 4) * 2)
    .swap16()
    .toString('utf16le');
}
