import { styleText } from 'node:util';

// Controls, invalid code units, line separators and the marks that reorder text around them.
const unsafe =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from elsewhere (a file's name, a document) as a terminal may print it: what it would act upon
 * is spelled out, `\x1b` or `\u{202e}`. Letters of all scripts and emoji stay.
 */
export function visible(text: string): string {
  return text.replace(unsafe, (found) => {
    const code = found.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return short[found] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
  });
}

/** `15.1 kB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** `1 file`, `2,000 files` */
export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

/** `0.8 s`, `2 min 5 s` */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

type Style = Parameters<typeof styleText>[0];

/** Styles text for a stream that shows colors, and leaves it plain for any other. */
export const styler =
  (stream: NodeJS.WriteStream) =>
  (style: Style, text: string): string =>
    styleText(style, text, { stream });
