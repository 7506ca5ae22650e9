/** From 0x41 on: what the keys of letters are in the font Symbol. */
const greek = 'ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼';

/** Beyond ASCII, those that stand in sentences and formulas. */
const symbols: Readonly<Record<number, string>> = {
  ...{ 34: '∀', 36: '∃', 39: '∋', 42: '∗', 45: '−', 64: '≅' },
  ...{ 160: '€', 162: '′', 163: '≤', 165: '∞', 171: '↔', 172: '←', 173: '↑', 174: '→', 175: '↓' },
  ...{ 176: '°', 177: '±', 178: '″', 179: '≥', 180: '×', 181: '∝', 182: '∂', 183: '•', 184: '÷' },
  ...{ 185: '≠', 186: '≡', 187: '≈', 188: '…', 196: '⊗', 197: '⊕', 198: '∅', 199: '∩', 200: '∪' },
  ...{ 201: '⊃', 204: '⊂', 206: '∈', 207: '∉', 208: '∠', 209: '∇', 210: '®', 211: '©', 212: '™' },
  ...{ 213: '∏', 214: '√', 215: '⋅', 216: '¬', 217: '∧', 218: '∨', 219: '⇔', 220: '⇐', 222: '⇒' },
  ...{ 229: '∑', 242: '∫' },
};

/** Of Wingdings, what people put into texts. */
const wingdings: Readonly<Record<number, string>> = {
  ...{ 40: '☎', 42: '✉', 108: '●', 110: '■', 111: '□', 113: '❑', 159: '•', 167: '▪', 168: '◻' },
  ...{ 216: '➢', 223: '←', 224: '→', 225: '↑', 226: '↓', 232: '➔', 240: '⇨', 251: '✗', 252: '✓' },
  ...{ 253: '☒', 254: '☑' },
};

/** Where the characters of such fonts stand in Unicode, for private use. */
const privateUse = 0xf000;

/** The fonts of a run: of all of it, and of those of its characters that are for private use. */
export interface RunFont {
  all: string;
  signs: string;
}

const isSymbolFont = (font: string): boolean => /^(?:symbol|wingdings)$/i.test(font);

/** What a character of a font looks like; empty where that is not known. */
export function signOf(code: number, font: string): string {
  if (!Number.isInteger(code) || code <= 0 || code > 0x10ffff) return '';
  const isPrivate = code >= privateUse && code <= privateUse + 0xff;
  if (!isSymbolFont(font)) return isPrivate ? '' : String.fromCodePoint(code);
  const own = isPrivate ? code - privateUse : code;
  if (/^wingdings$/i.test(font)) return wingdings[own] ?? ' ';
  if (own > 0xff) return String.fromCodePoint(code);
  return symbols[own] ?? greek[own - 0x41] ?? String.fromCodePoint(own);
}

/** A text as it looks in the fonts of its run. */
export function inSymbols(text: string, { all, signs }: RunFont): string {
  if (isSymbolFont(all)) return replaceEach(text, /./gsu, all);
  return isSymbolFont(signs) ? replaceEach(text, /[\uf020-\uf0ff]/g, signs) : text;
}

const replaceEach = (text: string, pattern: RegExp, font: string): string =>
  text.replace(pattern, (character) => signOf(character.codePointAt(0) ?? 0, font));
