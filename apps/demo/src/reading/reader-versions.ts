import { type MediaType, readableTypes } from './readable-types.ts';

/**
 * Raised whenever a part of the readers makes something else of the same bytes than before; a test knows by
 * `fixtures/readers/versions.tsv` what each of them made.
 */
const parts = {
  text: 4,
  html: 3,
  markdown: 2,
  tables: 1,
  json: 3,
  subtitles: 3,
  mail: 4,
  outlook: 2,
  contentLines: 1,
  xml: 2,
  rtf: 3,
  pdf: 3,
  word: 3,
  slides: 3,
  sheets: 3,
  openDocument: 4,
  book: 3,
} as const;

/** How any text is tidied and cut. */
const passages = 2;

type Part = keyof typeof parts;

const partsOf: Readonly<Record<MediaType, readonly Part[]>> = {
  [readableTypes.pdf]: ['pdf'],
  [readableTypes.docx]: ['word', 'html', 'rtf', 'text'],
  [readableTypes.wordXml]: ['word'],
  [readableTypes.pptx]: ['slides'],
  [readableTypes.xlsx]: ['sheets', 'tables'],
  [readableTypes.odt]: ['openDocument'],
  [readableTypes.ods]: ['openDocument', 'tables'],
  [readableTypes.odp]: ['openDocument'],
  [readableTypes.epub]: ['book', 'html', 'text'],
  [readableTypes.msg]: ['outlook', 'html', 'rtf', 'text'],
  [readableTypes.mail]: ['mail', 'contentLines', 'html', 'rtf', 'text'],
  [readableTypes.webArchive]: ['mail', 'contentLines', 'html', 'rtf', 'text'],
  [readableTypes.rtf]: ['rtf'],
  [readableTypes.html]: ['html', 'text'],
  [readableTypes.markdown]: ['markdown', 'html', 'text'],
  [readableTypes.csv]: ['tables', 'text'],
  [readableTypes.tsv]: ['tables', 'text'],
  [readableTypes.json]: ['json', 'markdown', 'html', 'text'],
  [readableTypes.jsonLines]: ['json', 'text'],
  [readableTypes.subtitles]: ['subtitles', 'html', 'text'],
  [readableTypes.webVtt]: ['subtitles', 'html', 'text'],
  [readableTypes.calendar]: ['contentLines', 'text'],
  [readableTypes.card]: ['contentLines', 'text'],
  [readableTypes.xml]: ['xml', 'html', 'text'],
  [readableTypes.text]: ['text'],
};

const versionOf = (names: readonly Part[]): string =>
  [...names.map((name) => `${name}${parts[name]}`), `passages${passages}`].join(' ');

/** Of all that reads: any of it may come to read what could not be read before. */
export const allReaders = versionOf(Object.keys(parts) as Part[]);

const readers: ReadonlyMap<string, string> = new Map(
  Object.entries(partsOf).map(([mediaType, names]) => [mediaType, versionOf(names)]),
);

/**
 * By what a file of a kind is read today. Where it was read by something else, reading it again may find more.
 *
 * @param mediaType `null` for a file that could not be read.
 */
export const readerOf = (mediaType: string | null): string =>
  readers.get(mediaType ?? '') ?? allReaders;

/** Whether a file of a kind that was read by `reader` is read by another one by now. */
export const isFormerReader = (reader: string | null, mediaType: string | null): boolean =>
  reader !== readerOf(mediaType);
