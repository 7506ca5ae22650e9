/** What tells the texts of a language that has Latin letters beyond ASCII. */
export interface LatinLanguage {
  /** Its letters beyond ASCII, in lower case: those in every line, then those in every page, then rare ones. */
  readonly letters: readonly [common: string, usual: string, rare: string];
  /** Short words that stand in nearly every sentence. */
  readonly words: ReadonlySet<string>;
  /** Where its letters do not stand. */
  readonly odd?: RegExp;
  /** Nearly any letter stands in it, so one of its words has to be there. */
  readonly needsWord?: true;
}

const language = (
  [common, usual, rare]: readonly [string, string, string],
  words: string,
  odd?: RegExp,
): LatinLanguage => ({
  letters: [common, usual, rare],
  words: new Set(words.split(' ')),
  ...(odd && { odd }),
});

/** By code; those of one alphabet stand beside one another. */
export const latinLanguages = {
  en: language(
    ['', '', 'éèïöüñçáêâ'],
    'the of and to in a is that for it was on with as at by from this be are not have or an',
  ),
  de: language(
    ['äüöß', '', 'é'],
    'der die das und ist in den von zu mit sich des auf für im dem nicht ein eine als auch es an werden aus er sie wir hat bei nach über wird sind um einer am vor zum zur',
  ),
  nl: language(
    ['', 'ëé', 'ïèöüáóê'],
    'de het een van en in is dat op te zijn voor met die niet aan er om ook als bij door maar naar uit wordt',
  ),
  fr: language(
    ['éèàê', 'çôâîûùœ', 'ïëæüÿ'],
    "le la les des et est un une de du dans que pour qui sur avec au par ce il ne pas en se plus son elle où à été l d aux nous vous n'est",
  ),
  es: language(
    ['óíáéñ', 'ú¿¡', 'üºªç'],
    'el la los las de y en que un una es por con se del para al no su lo como más está ha sus le ya o este sobre',
  ),
  pt: language(
    ['ãçáéíó', 'êõúâà', 'ôüºª'],
    'o a os as de e do da que em um uma para com não é no na por se dos mais ao das à são foi como mas ele está',
  ),
  it: language(
    ['àèùòì', 'é', 'î'],
    'il la di che e è un una in per non del della i le con si da al sono dei più gli lo alla nel ha come anche',
  ),
  ca: language(
    ['àéèóíçò', 'ïú·', 'ü'],
    'el la els les de i que en un una per amb és no del al es com més dels va ha són',
  ),
  sv: language(
    ['äåö', '', 'é'],
    'och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när',
  ),
  da: language(
    ['øåæ', '', 'éö'],
    'og i at det er en til på af for med den de som ikke der et har han var jeg om vi men fra ved sig kan når',
  ),
  no: language(
    ['øå', 'æ', 'éòôü'],
    'og i det er en til på av for med den de som ikke et har han var jeg om vi men fra seg kan når ble å hun',
  ),
  fi: language(
    ['äö', '', 'åšž'],
    'ja on ei että se oli hän mutta ovat joka myös kun niin kuin tai sen mitä ole jos siitä nyt',
  ),
  is: language(
    ['ðáíþóæúö', 'éý', ''],
    'og að í á er sem það við til um var með en ekki fyrir af hann eru því þar þú ég frá við hún',
    // Thorn begins words; eth does not.
    /\p{Ll}þ|(?<!\p{L})ð/gu,
  ),
  sq: language(['ë', 'ç', ''], 'të e në dhe i një për me që nga është më se do u ka si nuk por'),
  pl: language(
    ['łąęóżś', 'ćń', 'źé'],
    'i w na z się nie do to że jest o jak po ale co przez od dla przed gdy za czy są był jego przy tak ma może',
  ),
  cs: language(
    ['íáéěřčžýšů', 'úň', 'óťďö'],
    'a v se na je že to s z do o i pro jako ve jsou by po když byl od k který která za při už jeho nebo tak není',
  ),
  sk: language(
    ['áíéčžýšú', 'ľťôňď', 'ĺŕäóö'],
    'a v sa na je že to s z do o aj pre ako vo sú by po keď bol od k ktorý ktorá za pri už jeho alebo tak nie',
  ),
  hu: language(
    ['áéöőóí', 'üűú', ''],
    'a az és hogy nem is egy de ez van volt meg már csak azt ha mint el ki még vagy után lesz között minden',
  ),
  hr: language(
    ['čšžćđ', '', ''],
    'i u je na se da su za od s koji a ne što kao iz o će te ili nije bi po do ali kako samo',
  ),
  sl: language(
    ['čšž', '', 'ćđ'],
    'in je na v se za da so z ki s o ne pa tudi kot bi po od do ni bo pri ali ga bil iz',
  ),
  ro: language(
    ['ăîâșțşţ', '', ''],
    'și şi de în a la cu pe că un o nu este din mai care să se pentru sunt al ale lui ce fi dar au după',
    // Of the two that sound alike, one stands within words, and the other at their ends.
    /(?<!\p{L})â|â(?!\p{L})|(?<=\p{L})î(?=\p{L})/gu,
  ),
  lt: language(
    ['ėšžįų', 'ūčąę', ''],
    'ir kad yra į iš su tai bet buvo ne už kaip apie jis o ar per po tik jau nuo prie dar kuris iki',
  ),
  lv: language(
    ['āīēšņū', 'ļžķģč', 'ōŗ'],
    'un ir ka no uz ar par tas nav bija kas vai arī kā pie lai bet pēc jau to kur viņš viņa',
  ),
  et: language(
    ['äõüö', '', 'šž'],
    'ja on ei see et ka kui oli mis aga ta ning oma või nii seda tema kes veel siis',
  ),
  tr: language(
    ['ıüşğçö', '', 'âîû'],
    've bir bu için de da ne çok daha gibi ile var olan en kadar olarak sonra mi mı ama değil ya o ben iki her şey önce',
    // No word begins with a soft g.
    /(?<!\p{L})ğ/gu,
  ),
  vi: {
    ...language(
      ['àáảạấầậđêềếểệôồốộơờớợưứừựíìịóòọúùụéă', 'ắằặâãảẩẫãọỏõổỗởỡủũủửữỉĩẻẽễểèýỳỷỵẹ', 'ẳẵẽỹõ'],
      'và của là có được trong cho không một với các người này đã để những khi từ đến về như nhà nước',
      // Each syllable is a word, and has one tone.
      /\p{L}{8,}|[^\p{ASCII}đăâêôơư\P{L}](?=\p{L}{0,6}[^\p{ASCII}đăâêôơư\P{L}])/gu,
    ),
    needsWord: true,
  },
} satisfies Record<string, LatinLanguage>;

export type LatinCode = keyof typeof latinLanguages;

const western: readonly LatinCode[] = [
  ...([
    'en',
    'de',
    'nl',
    'fr',
    'es',
    'pt',
    'it',
    'ca',
    'sv',
    'da',
    'no',
    'fi',
    'is',
    'sq',
  ] as const),
];
const central: readonly LatinCode[] = ['pl', 'cs', 'sk', 'hu', 'hr', 'sl', 'ro'];
const baltic: readonly LatinCode[] = ['lt', 'lv', 'et'];
const turkish: readonly LatinCode[] = ['tr'];

/** An encoding, the languages that are written in it, and how seldom files are still in it. */
export interface LatinEncoding {
  readonly name: string;
  readonly languages: readonly LatinCode[];
  readonly rarity: number;
}

/** The first of two that say the same is taken. */
export const latinEncodings: readonly LatinEncoding[] = [
  { name: 'windows-1252', languages: western, rarity: 0 },
  { name: 'windows-1250', languages: central, rarity: 1.5 },
  { name: 'windows-1254', languages: turkish, rarity: 1.5 },
  { name: 'windows-1257', languages: baltic, rarity: 1.4 },
  { name: 'iso-8859-2', languages: central, rarity: 2 },
  { name: 'iso-8859-15', languages: ['fr', 'fi', 'et'], rarity: 1.5 },
  { name: 'iso-8859-13', languages: baltic, rarity: 2.5 },
  { name: 'iso-8859-4', languages: baltic, rarity: 3 },
  { name: 'iso-8859-16', languages: ['ro', 'pl'], rarity: 3 },
  { name: 'macintosh', languages: western, rarity: 3 },
  { name: 'cp850', languages: western, rarity: 3 },
  { name: 'cp852', languages: central, rarity: 3 },
  { name: 'cp857', languages: turkish, rarity: 3 },
  { name: 'cp775', languages: baltic, rarity: 3.5 },
  { name: 'maccenteuro', languages: ['pl', 'cs', 'sk', 'hu', 'lt', 'lv', 'et'], rarity: 3.5 },
  { name: 'macturkish', languages: turkish, rarity: 3.5 },
  { name: 'cp861', languages: ['is'], rarity: 3.5 },
  { name: 'maciceland', languages: ['is'], rarity: 3.5 },
  { name: 'cp865', languages: ['da', 'no'], rarity: 3.5 },
  { name: 'cp863', languages: ['fr'], rarity: 3.5 },
  { name: 'cp860', languages: ['pt'], rarity: 3.5 },
  { name: 'iso-8859-10', languages: ['is', ...baltic], rarity: 4 },
  { name: 'iso88593', languages: turkish, rarity: 4 },
  { name: 'windows-1257', languages: ['pl'], rarity: 4 },
  { name: 'windows-1258', languages: ['vi'], rarity: 6 },
  { name: 'viscii', languages: ['vi'], rarity: 6 },
  { name: 'tcvn', languages: ['vi'], rarity: 6 },
  { name: 'maccroatian', languages: ['hr', 'sl'], rarity: 3.5 },
];
