// Controls, invalid code units, line separators and the marks that reorder text around them.
const unsafe =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from elsewhere (a file's name, metadata) as a terminal may print it: what it would act upon is
 * spelled out, `\x1b` or `\u{202e}`. Letters of all scripts and emoji stay.
 */
export function visible(text: string): string {
  return text.replace(unsafe, (found) => {
    const code = found.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return short[found] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
  });
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `812 B`, `15.1 KiB`, `120 MiB` */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 99.95 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** `1 file`, `2,000 files` */
export const count = (number: number, noun: string): string =>
  `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`;

export const formatCount = (number: number): string => number.toLocaleString('en');

// As far as a Date goes; a clock may have been anywhere.
const lastMs = 8.64e15;

/** In UTC, for programs: `2026-11-23T17:33:04.120Z` */
export const utcTime = (ms: number): string => new Date(Math.min(ms, lastMs)).toISOString();

/** In the local time zone, for people: `2026-11-23T18:33:04+01:00`, or without the offset. */
export function localTime(ms: number, { offset = true } = {}): string {
  const known = Math.min(ms, lastMs - 86_400_000);
  const minutes = -new Date(known).getTimezoneOffset();
  const time = new Date(known + minutes * 60_000).toISOString().replace(/\.\d+Z$/, '');
  if (!offset) return time;
  const ahead = Math.abs(minutes);
  const part = (value: number): string => String(value).padStart(2, '0');
  return `${time}${minutes < 0 ? '-' : '+'}${part(Math.floor(ahead / 60))}:${part(ahead % 60)}`;
}

/** `0.8 s`, `2 min 5 s` */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows of aligned columns under their titles; columns in which all is empty are left out. */
export function table(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
): readonly string[] {
  const widths = columns.map(({ title }, at) => {
    const cells = rows.map((row) => row[at]?.length ?? 0);
    // No spreading: there may be a hundred thousand rows.
    const widest = cells.reduce((most, length) => Math.max(most, length), 0);
    return widest === 0 ? 0 : Math.max(widest, title.length);
  });
  const line = (cells: readonly string[]): string =>
    columns
      .flatMap(({ align }, at) => {
        const width = widths[at] ?? 0;
        const cell = cells[at] ?? '';
        if (width === 0) return [];
        return [align === 'right' ? cell.padStart(width) : cell.padEnd(width)];
      })
      .join('  ')
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line);
}

/** The first of the candidates whose lines fit in `width`, else the last. */
export function fitting(
  candidates: readonly [() => readonly string[], ...(() => readonly string[])[]],
  width: number,
): readonly string[] {
  let lines: readonly string[] = [];
  for (const candidate of candidates) {
    lines = candidate();
    if (lines.every(({ length }) => length <= width)) break;
  }
  return lines;
}
