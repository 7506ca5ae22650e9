/** Marks by the commands that set them over, through or under the letter behind them. */
const marks: Readonly<Record<string, string>> = {
  ...{ '"': '\u0308', "'": '\u0301', '`': '\u0300', '^': '\u0302', '~': '\u0303', '=': '\u0304' },
  ...{
    '.': '\u0307',
    u: '\u0306',
    v: '\u030c',
    H: '\u030b',
    c: '\u0327',
    k: '\u0328',
    r: '\u030a',
  },
  d: '\u0323',
};
const letters: Readonly<Record<string, string>> = {
  ...{
    ss: 'ß',
    o: 'ø',
    O: 'Ø',
    l: 'ł',
    L: 'Ł',
    ae: 'æ',
    AE: 'Æ',
    oe: 'œ',
    OE: 'Œ',
    aa: 'å',
    AA: 'Å',
  },
  ...{ i: 'i', j: 'j', dh: 'ð', th: 'þ', dj: 'đ', '-': '\u00ad' },
};

// A command of a letter ends where another letter does not follow; braces may stand around either part.
const marked =
  /\{?\\(?:(["'`^~=.])|([uvHckrd])(?![A-Za-z])) ?(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))\}?/g;
const named =
  /\{\\(ss|[oOlLij]|ae|AE|oe|OE|aa|AA|dh|th|dj)\}|\\(ss|[oOlLij]|ae|AE|oe|OE|aa|AA|dh|th|dj)(?:\{\}|(?![A-Za-z]) ?)|\\(-)/g;

/** Letters of TeX's source as they are printed: `M\"uller` is Müller. Whatever else is written stays. */
export const withTexLetters = (source: string): string =>
  source
    .replace(marked, (all, sign?: string, letter?: string, braced?: string, bare?: string) => {
      const mark = marks[sign ?? letter ?? ''];
      const base = braced ?? bare;
      return mark === undefined || base === undefined ? all : `${base}${mark}`.normalize('NFC');
    })
    .replace(
      named,
      (all, braced?: string, bare?: string, hyphen?: string) =>
        letters[braced ?? bare ?? hyphen ?? ''] ?? all,
    );
