/** What a section of a format makes of a number. */
interface Section {
  /** Of which numbers it is; others are told by their sign. */
  readonly isFor?: ((value: number) => boolean) | undefined;
  /** It writes the sign of a number itself. */
  readonly hasSign: boolean;
  show(value: number, sign: string): string;
}

/** Formats that every workbook has, by their number. */
const builtIn: Readonly<Record<number, string>> = {
  ...{ 1: '0', 2: '0.00', 3: '#,##0', 4: '#,##0.00', 9: '0%', 10: '0.00%' },
  ...{ 37: '#,##0;(#,##0)', 38: '#,##0;(#,##0)', 39: '#,##0.00;(#,##0.00)' },
  ...{ 40: '#,##0.00;(#,##0.00)', 41: '#,##0', 42: '#,##0', 43: '#,##0.00', 44: '#,##0.00' },
};

export const builtInFormat = (id: number): string | undefined => builtIn[id];

const maxFormatLength = 255;
const maxDigits = 15;

/** A number as its cell shows it; `undefined` where the format says nothing of it, or more than is known here. */
export type ShowNumber = (value: number) => string | undefined;

/**
 * What a format makes of numbers: `82.5%`, `£12,345.50 (12345.5)`. What is grouped stands as it is beside
 * that, for nobody types the signs of thousands.
 */
export function numberFormat(code: string): ShowNumber {
  let sections: readonly (Section | undefined)[] | undefined;
  return (value) => {
    // Workbooks have formats by the thousand of which they use a few.
    sections ??= sectionsOf(code.slice(0, maxFormatLength)).map(parseSection);
    const wanted = value < 0 ? 1 : value === 0 ? 2 : 0;
    if (sections.some((section) => section?.isFor !== undefined)) {
      const met = sections.find((section) => section?.isFor?.(value) ?? true);
      return met?.show(value, value < 0 && !met.hasSign ? '-' : '');
    }
    const section = sections[wanted < sections.length ? wanted : 0];
    // A section for negative numbers says itself how they are shown.
    return section?.show(value, value < 0 && sections.length < 2 ? '-' : '');
  };
}

/** Quoted text, an escaped or padding sign, something in brackets, or a single character. */
const tokens = /"[^"]*"|\\.|[_*].|\[[^\]]*\]|./gsu;

function sectionsOf(code: string): string[] {
  const sections = [''];
  for (const [token] of code.matchAll(tokens)) {
    if (token === ';') sections.push('');
    else sections.push(`${sections.pop() ?? ''}${token}`);
  }
  return sections;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '>=': (a, b) => a >= b,
  '>': (a, b) => a > b,
};

const condition = /^\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]$/;

/** A number's digits in the places of a mask, filled from its end: `000-0000`. */
function masked(mask: readonly string[], value: number): string {
  const digits = [...Math.round(value).toString()];
  if (digits.some((digit) => !/\d/.test(digit))) return String(value);
  const shown: string[] = [];
  let left = mask.filter((piece) => /^[0#?]$/.test(piece)).length;
  for (const piece of mask.toReversed()) {
    if (!/^[0#?]$/.test(piece)) {
      shown.unshift(piece);
      continue;
    }
    left -= 1;
    if (left === 0 && digits.length > 0) shown.unshift(...digits.splice(0));
    else shown.unshift(digits.pop() ?? (piece === '0' ? '0' : ''));
  }
  return shown.join('');
}

function parseSection(section: string): Section | undefined {
  let isFor: Section['isFor'];
  let isGeneral = false;
  let isMask = false;
  const pieces: string[] = [];
  let prefix = '';
  let suffix = '';
  let digits = '';
  let factor = 1;
  const beside = (text: string): void => {
    pieces.push(text);
    if (digits === '') prefix += text;
    else suffix += text;
  };
  for (const [token] of section.matchAll(tokens)) {
    if (/^[#0?.,]$/.test(token)) {
      // Digits that other text parts, as in a telephone number.
      if (suffix !== '') isMask = true;
      digits += token;
      pieces.push(token);
    } else if (token === '%') {
      factor *= 100;
      beside(token);
    } else if (token.startsWith('"')) beside(token.slice(1, -1));
    else if (token.startsWith('\\')) beside(token.slice(1));
    else if (token.startsWith('_')) beside(' ');
    else if (token.startsWith('[$')) beside(/^\[\$([^\-\]]*)/.exec(token)?.[1] ?? '');
    else if (/^\[(?:[a-z]+\d*)\]$/i.test(token) || token.startsWith('*')) continue;
    else if (condition.test(token)) {
      const [, sign = '', limit = ''] = condition.exec(token) ?? [];
      isFor = (value) => comparisons[sign]?.(value, Number(limit)) === true;
    } else if (token === '@' && digits === '' && !isGeneral) isGeneral = true;
    // Powers, fractions, texts.
    else if (/^[[E/@]/i.test(token)) return undefined;
    else beside(token);
  }
  const hasSign = /[-(]/.test(prefix);
  if (isGeneral) {
    const words = prefix.trim();
    if (words === '' || digits !== '') return undefined;
    return { isFor, hasSign, show: (value, sign) => `${sign}${Math.abs(value)} ${words}` };
  }
  if (!/[#0?]/.test(digits)) {
    const words = prefix.trim();
    return words === '' ? undefined : { isFor, hasSign, show: () => words };
  }
  if (isMask) {
    if (/[.,]/.test(digits) || factor !== 1) return undefined;
    return {
      ...{ isFor, hasSign },
      show: (value, sign) => `${sign}${masked(pieces, Math.abs(value))} (${value})`,
    };
  }
  const scaled = /,*$/.exec(digits)?.[0].length ?? 0;
  const [whole = '', fraction = ''] = digits.split('.');
  const isGrouped = /[#0?],[#0?]/.test(whole);
  const cut = new Intl.NumberFormat('en', {
    minimumIntegerDigits: Math.max(1, Math.min(maxDigits, count(whole, /0/g))),
    minimumFractionDigits: Math.min(maxDigits, count(fraction, /[0?]/g)),
    maximumFractionDigits: Math.min(maxDigits, count(fraction, /[#0?]/g)),
    useGrouping: isGrouped,
  });
  return {
    ...{ isFor, hasSign },
    show(value, sign) {
      const number = cut.format((Math.abs(value) * factor) / 1000 ** scaled);
      const shown = `${sign}${prefix}${number}${suffix}`.trim();
      return number.includes(',') ? `${shown} (${Number(value.toPrecision(15))})` : shown;
    },
  };
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
