/** An alphabet, and the encodings in which texts of it were written. */
export interface Alphabet {
  readonly letter: RegExp;
  /** In small letters: what half of a text is made of, and what is in any text. */
  readonly often: ReadonlySet<string>;
  readonly usual: ReadonlySet<string>;
  /** No word begins with it. */
  readonly neverFirst?: RegExp;
  /** Stands in nearly every sentence. */
  readonly telling?: RegExp;
  /** Every word ends behind it. */
  readonly onlyLast?: RegExp;
  /** The first of two that say the same is taken. */
  readonly encodings: readonly [string, ...string[]];
  /** Those of them in which few people have written. */
  readonly rareEncodings?: readonly string[];
  /** What others have to be worse by. */
  readonly rarity: number;
}

const letters = (text: string): ReadonlySet<string> => new Set(text.normalize('NFC'));

export const cyrillic: Alphabet = {
  letter: /\p{Script=Cyrillic}/u,
  often: letters('оеаинтсрвл'),
  usual: letters('кмдпуяыьгзбчйхіїј'),
  // Words of Russian begin with neither.
  neverFirst: /[ыьъ]/,
  encodings: [
    ...(['windows-1251', 'koi8-r', 'koi8-u', 'iso-8859-5', 'ibm866'] as const),
    ...(['cp1125', 'cp855', 'x-mac-cyrillic'] as const),
  ],
  rareEncodings: ['cp855'],
  rarity: 0,
};

const greek: Alphabet = {
  letter: /\p{Script=Greek}/u,
  often: letters('αοιετσνηυρπκς'),
  usual: letters('λμδγθωχφβξζάέήίόύώ'),
  onlyLast: /ς/,
  encodings: ['windows-1253', 'iso-8859-7', 'cp737', 'cp869', 'macgreek'],
  rareEncodings: ['cp869', 'macgreek'],
  rarity: 0,
};

const hebrew: Alphabet = {
  letter: /\p{Script=Hebrew}/u,
  often: letters('יוהלאתרבמנש'),
  usual: letters('עחדקפכגםטןצזסךףץ'),
  onlyLast: /[םןךףץ]/,
  encodings: ['windows-1255', 'iso-8859-8', 'cp862'],
  rarity: 0,
};

const arabic: Alphabet = {
  letter: /\p{Script=Arabic}/u,
  often: letters('اليمنروتبهد'),
  usual: letters('عسفقكحجشةصطخأضذإزغثظئءىپچگک'),
  onlyLast: /[ةى]/,
  telling: /(?<!\p{Script=Arabic})ال(?=\p{Script=Arabic})/gu,
  encodings: ['windows-1256', 'iso-8859-6', 'cp720'],
  rareEncodings: ['cp720'],
  rarity: 0,
};

const armenian: Alphabet = {
  letter: /\p{Script=Armenian}/u,
  often: letters('աեուիննրկտվմ'),
  usual: letters('հլսդպգյբքցթշղզէջոըձճխծչռժօփևֆ'),
  encodings: ['armscii8'],
  rarity: 0.2,
};

const georgian: Alphabet = {
  letter: /\p{Script=Georgian}/u,
  often: letters('აიეოსრნდმლბ'),
  usual: letters('ვთუგხტცქშყკფზღპჩწჭძჯჟჰ'),
  encodings: ['georgianps', 'georgianacademy'],
  rarity: 0.2,
};

export const alphabets: readonly Alphabet[] = [cyrillic, greek, hebrew, arabic, armenian, georgian];
