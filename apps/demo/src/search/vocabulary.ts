import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withinDistance } from './edit-distance.ts';
import { formatOf, indexFormat } from './index-format.ts';
import { otherWays } from './other-ways.ts';
import { isHangul, type KnownWords, type Term } from './query.ts';
import { type SearchLanguage, type Stem, stemsFor } from './stemming.ts';

/** What each step may look at, so that no word costs more than some milliseconds. */
const maxCandidates = 4000;
const maxForms = 16;
const maxNear = 5;

/** The words of an index: other forms of a word, what begins with it, and what is near it. */
export class Vocabulary implements KnownWords {
  readonly nameColumn: string;
  readonly #stems: readonly Stem[];
  readonly #between: StatementSync;
  readonly #exact: StatementSync;
  readonly #similar: StatementSync;
  readonly #forms = new Map<string, readonly string[]>();

  constructor(database: DatabaseSync, language: SearchLanguage) {
    this.#stems = stemsFor(database, language);
    // The first format has no names but those that are titles.
    this.nameColumn = formatOf(database) < indexFormat ? 'title' : 'name';
    this.#between = database.prepare(
      `SELECT term, passages FROM words WHERE term >= ? AND term < ? LIMIT ${maxCandidates}`,
    );
    this.#exact = database.prepare('SELECT 1 FROM words WHERE term = ?');
    this.#similar = database.prepare(
      'SELECT term, passages FROM words WHERE length(term) BETWEEN ? AND ?',
    );
  }

  /** Words and phrases that a term stands for besides its own. */
  readonly formsOf = (term: Term): readonly string[] => {
    const [word, ...more] = term.tokens;
    if (word === undefined || term.isExact) return [];
    const key = `${term.isPrefix ? '*' : ''}${term.source} ${term.tokens.join(' ')}`;
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const own = more.length > 0 ? [] : [...this.#stemmed(word), ...compounds(word, this.#between)];
    const forms = new Set([...otherWays(term, this.#hasExactly), ...own.slice(0, maxForms)]);
    forms.delete(word);
    const found = [...forms];
    if (this.#forms.size > 1000) this.#forms.clear();
    this.#forms.set(key, found);
    return found;
  };

  readonly #hasExactly = (word: string): boolean => this.#exact.get(word) !== undefined;

  /** Whether the index has a word that is or begins with it. */
  has(word: string): boolean {
    return this.#between.get(word, `${word}\u{10ffff}`) !== undefined;
  }

  /** What somebody may have meant by a word that is nowhere, the likeliest first. */
  near(word: string, check: () => void): readonly string[] {
    const length = [...word].length;
    const wanted = lettersOf(word);
    const allowed = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : 2;
    if (allowed === 0) return [];
    const found: { term: string; distance: number; passages: number }[] = [];
    let seen = 0;
    for (const row of this.#similar.iterate(length - allowed, length + allowed)) {
      seen += 1;
      if (seen % 1024 === 0) check();
      const term = String(row.term);
      const distance = withinDistance(wanted, lettersOf(term), allowed);
      if (distance === undefined || distance === 0) continue;
      found.push({ term, distance, passages: Number(row.passages) });
    }
    found.sort((a, b) => a.distance - b.distance || b.passages - a.passages);
    return found.slice(0, maxNear).map(({ term }) => term);
  }

  #stemmed(word: string): readonly string[] {
    if (!/^\p{L}{3,}$/u.test(word)) return [];
    if (isHangul.test(word)) return withoutParticle(word);
    const found: { term: string; passages: number }[] = [];
    for (const stem of this.#stems) {
      const wanted = stem(word);
      if (wanted === '') continue;
      const common = commonStart(word, wanted);
      if (common.length < 2) continue;
      for (const row of this.#between.iterate(common, `${common}\u{10ffff}`)) {
        const term = String(row.term);
        if (stem(term) === wanted) found.push({ term, passages: Number(row.passages) });
      }
    }
    return found.sort((a, b) => b.passages - a.passages).map(({ term }) => term);
  }
}

/** A syllable of Korean is several letters, of which one may be wrong. */
const lettersOf = (word: string): string => (isHangul.test(word) ? word.normalize('NFD') : word);

/** Words with the same stem begin alike, but for its last letters (`dry`, `dries`). */
function commonStart(word: string, stem: string): string {
  let length = 0;
  while (length < stem.length && word[length] === stem[length]) length += 1;
  const common = word.slice(0, length);
  return length > 3 || (length > 2 && /[iy]$/.test(common)) ? common.slice(0, -1) : common;
}

const particles =
  /(?:에서|에게|으로|부터|까지|께서|한테|처럼|보다|이나|은|는|이|가|을|를|에|의|와|과|도|로|만)$/u;

/** A Korean word that is asked for with its particle is the word. */
function withoutParticle(word: string): string[] {
  const bare = word.replace(particles, '');
  return bare.length >= 2 && bare !== word ? [bare] : [];
}

const dictionaryScripts: readonly (readonly [RegExp, string, string])[] = [
  [/^\p{Script=Thai}/u, '\u0e00', '\u0e80'],
  [/^\p{Script=Lao}/u, '\u0e80', '\u0f00'],
  [/^\p{Script=Myanmar}/u, '\u1000', '\u10a0'],
  [/^\p{Script=Khmer}/u, '\u1780', '\u1800'],
];
const graphemes = new Intl.Segmenter('th', { granularity: 'grapheme' });
const lengthOf = (text: string): number => [...graphemes.segment(text)].length;

/**
 * Compounds that a dictionary keeps whole are found by their parts, in scripts where nothing else shows
 * them. What is left has to be long enough for a word, so that a syllable of another word is none.
 */
function compounds(word: string, between: StatementSync): string[] {
  const range = dictionaryScripts.find(([script]) => script.test(word));
  if (range === undefined) return [];
  const found: string[] = [];
  for (const row of between.iterate(range[1], range[2])) {
    const term = String(row.term);
    const at = term.indexOf(word);
    if (at === -1 || term === word) continue;
    const rest = [term.slice(0, at), term.slice(at + word.length)].filter((part) => part !== '');
    if (rest.every((part) => !/^\p{M}/u.test(part) && lengthOf(part) >= 2)) found.push(term);
  }
  return found;
}
