import type { DatabaseSync } from 'node:sqlite';
import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as greek } from '@orama/stemmers/greek';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as turkish } from '@orama/stemmers/turkish';

export type Stem = (word: string) => string;

/** By the language's code (ISO 639). */
const stemmers = {
  ...{ ar: arabic, da: danish, de: german, el: greek, en: english, es: spanish, fi: finnish },
  ...{ fr: french, hu: hungarian, it: italian, nl: dutch, no: norwegian, pt: portuguese },
  ...{ ro: romanian, ru: russian, sv: swedish, tr: turkish },
} satisfies Readonly<Record<string, Stem>>;

export const stemLanguages = Object.keys(stemmers);

/** `auto` takes the languages that the documents are in; `none` finds words as they are alone. */
export type SearchLanguage = string;

export const isSearchLanguage = (text: string): boolean =>
  text === 'auto' || text === 'none' || Object.hasOwn(stemmers, text);

/** Words that tell a language, as the index has them. */
const telling: Readonly<Record<string, readonly string[]>> = {
  da: ['og', 'ikke', 'jeg', 'af', 'blev', 'hvad'],
  de: ['und', 'nicht', 'das', 'ist', 'mit', 'auf', 'dem'],
  en: ['the', 'and', 'of', 'with', 'that', 'is'],
  es: ['los', 'las', 'una', 'del', 'pero', 'como'],
  fi: ['ja', 'ei', 'oli', 'mutta', 'joka', 'hanen'],
  fr: ['les', 'des', 'une', 'est', 'dans', 'pour'],
  hu: ['es', 'nem', 'hogy', 'egy', 'volt', 'meg'],
  it: ['gli', 'della', 'che', 'sono', 'con', 'anche'],
  nl: ['het', 'een', 'niet', 'van', 'voor', 'zijn'],
  no: ['og', 'ikke', 'jeg', 'av', 'ble', 'hva'],
  pt: ['uma', 'nao', 'dos', 'com', 'mas', 'foi'],
  ro: ['si', 'este', 'care', 'pentru', 'din', 'mai'],
  sv: ['och', 'inte', 'jag', 'av', 'att', 'som'],
  tr: ['ve', 'bir', 'icin', 'degil', 'ile', 'cok'],
};
const atLeast = 0.1;

/** How words of the index are stemmed. A language of few documents counts as well as the largest. */
export function stemsFor(database: DatabaseSync, language: SearchLanguage): readonly Stem[] {
  if (language === 'none') return [];
  const one = Reflect.get(stemmers, language);
  if (typeof one === 'function') return [(word) => String(one(word))];
  const inPassages = database.prepare('SELECT passages FROM words WHERE term = ?');
  const counts = Object.entries(telling).map(([code, words]) => {
    const found = words.map((word) => Number(inPassages.get(word)?.passages ?? 0));
    return { code, count: found.reduce((sum, count) => sum + count, 0) / words.length };
  });
  const most = Math.max(...counts.map(({ count }) => count));
  const spoken = counts.filter(({ count }) => count > 0 && count >= most * atLeast);
  const latin = (spoken.length === 0 ? ['en'] : spoken.map(({ code }) => code)).flatMap((code) => {
    const stem = Reflect.get(stemmers, code);
    return typeof stem === 'function' ? [(word: string) => String(stem(word))] : [];
  });
  return [
    ...latin.map(only(/^\p{Script=Latin}+$/u)),
    only(/^\p{Script=Cyrillic}+$/u)(russian),
    only(/^\p{Script=Greek}+$/u)(greek),
    only(/^\p{Script=Arabic}+$/u)(arabic),
  ];
}

/** A stemmer leaves words of other scripts alone. */
const only =
  (script: RegExp) =>
  (stem: Stem): Stem =>
  (word) =>
    script.test(word) ? stem(word) : word;
