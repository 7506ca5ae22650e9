import { builtInFormat, numberFormat, type ShowNumber } from './number-formats.ts';
import type { OfficePackage } from './office-package.ts';

/** What the styles of cells make of a number, by the style's place: a date, or a number in a format. */
export interface CellStyles {
  readonly dates: ReadonlyMap<number, DateNames>;
  readonly numbers: ReadonlyMap<number, ShowNumber>;
}

export async function cellStyles(office: OfficePackage, part: string): Promise<CellStyles> {
  const dateFormats = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47]);
  // Those of Chinese, Japanese, Korean and Thai.
  for (let id = 27; id <= 36; id += 1) dateFormats.add(id);
  for (let id = 50; id <= 58; id += 1) dateFormats.add(id);
  const own = new Map<number, string>();
  const dates = new Map<number, DateNames>();
  const numbers = new Map<number, ShowNumber>();
  const shared = new Map<string, ShowNumber>();
  const formatOf = (code: string): ShowNumber => {
    const known = shared.get(code) ?? numberFormat(code);
    shared.set(code, known);
    return known;
  };
  let inCells = false;
  let style = 0;
  await office.walk(part, {
    open(name, { numFmtId = '', formatCode = '' }) {
      const id = Number(numFmtId);
      if (name === 'numFmt') {
        own.set(id, formatCode);
        if (isDateFormat(formatCode)) dateFormats.add(id);
      }
      if (name === 'cellXfs') inCells = true;
      if (name !== 'xf' || !inCells) return;
      const code = own.get(id) ?? builtInFormat(id);
      if (dateFormats.has(id)) dates.set(style, { code: own.get(id) ?? (id === 46 ? '[h]' : '') });
      else if (code !== undefined) numbers.set(style, formatOf(code));
      style += 1;
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return { dates, numbers };
}

const maxFormatLength = 255;

/** Letters of a date, beside what is quoted, escaped, or a color in brackets. */
function isDateFormat(code: string): boolean {
  const own = code.slice(0, maxFormatLength).replace(/"[^"]*"|\\.|\[(?![hms]+\])[^\]]*\]/gi, '');
  return /[ymdhs]/i.test(own) && !/^general$/i.test(own);
}

const dayMs = 86_400_000;

/** The format of a date, which may write out the names of days and months. */
export interface DateNames {
  readonly code: string;
}

/** By the number that Windows has for a language; regions are of no matter for names. */
const languages: Readonly<Record<string, string>> = {
  ...{ '05': 'cs', '06': 'da', '07': 'de', '08': 'el', '0a': 'es', '0b': 'fi', '0c': 'fr' },
  ...{ '0e': 'hu', 10: 'it', 11: 'ja', 12: 'ko', 13: 'nl', 14: 'nb', 15: 'pl', 16: 'pt' },
  ...{ 18: 'ro', 19: 'ru', '1d': 'sv', '1f': 'tr', 22: 'uk', '04': 'zh' },
};

/** Names that stand in the date as it is shown, in the language that its format names, or in English. */
function namesIn(date: Date, code: string): string {
  const own = code.slice(0, maxFormatLength).replace(/"[^"]*"|\\./g, '');
  const withMonth = /m{4,}/i.test(own);
  const withDay = /d{4,}/i.test(own);
  if (!withMonth && !withDay) return '';
  const [, region = ''] = /\[\$[^\]-]*-[\da-f]*?([\da-f]{2})\]/i.exec(own) ?? [];
  const language = languages[region.toLowerCase()] ?? 'en';
  const name = (part: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language, { ...part, timeZone: 'UTC' }).format(date);
  return [withDay ? name({ weekday: 'long' }) : '', withMonth ? name({ month: 'long' }) : '']
    .filter((each) => each !== '')
    .join(' ');
}

/** Hours that go on beyond a day: `36:00`. */
function elapsed(serial: number): string {
  const minutes = Math.round(serial * 24 * 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/**
 * A day's number, with the time as its fraction, as `2026-01-31` or `2026-01-31 19:30`; with the names that
 * the cell shows, as `2026-01-31 (Saturday January)`.
 */
export function serialDate(serial: number, since1904: boolean, { code }: DateNames): string {
  // 1900 passes for a leap year in spreadsheets, so days are counted from the day before its beginning.
  const start = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30);
  const time = Math.round((serial * dayMs) / 1000) * 1000;
  const date = new Date(start + time);
  if (Number.isNaN(date.getTime()) || serial < 0) return String(serial);
  if (/\[h+\]/i.test(code.slice(0, maxFormatLength))) return elapsed(serial);
  const [day = '', clock = ''] = date.toISOString().split('T');
  const shownClock = clock.slice(0, 5) === '00:00' ? '' : clock.slice(0, 5);
  if (serial < 1) return shownClock || '00:00';
  const names = namesIn(date, code);
  return `${day}${shownClock && ` ${shownClock}`}${names && ` (${names})`}`;
}
