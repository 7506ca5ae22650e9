/** What people call the kinds of documents, and the media types of each. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  pdf: ['application/pdf'],
  word: [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.ms-word.document.macroenabled.12',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.template',
    'application/vnd.oasis.opendocument.text',
    'application/rtf',
    'text/rtf',
  ],
  slides: [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.oasis.opendocument.presentation',
  ],
  table: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.oasis.opendocument.spreadsheet',
    'text/csv',
    'text/tab-separated-values',
  ],
  web: ['text/html', 'application/xhtml+xml', 'multipart/related'],
  markdown: ['text/markdown'],
  mail: ['message/rfc822', 'application/vnd.ms-outlook'],
  book: ['application/epub+zip'],
  data: [
    'text/calendar',
    'text/vcard',
    'application/json',
    'application/jsonl',
    'application/x-ndjson',
    'application/xml',
    'text/xml',
  ],
  subtitles: ['application/x-subrip', 'text/vtt'],
  text: ['text/plain'],
};

const kindOfType = new Map(
  Object.entries(kinds).flatMap(([kind, types]) => types.map((type) => [type, kind] as const)),
);

/** What a media type is called; a type that is none of these is its own kind. */
export const kindOf = (mediaType: string): string => kindOfType.get(mediaType) ?? mediaType;

/** The media types of a kind; a media type is a kind too. */
export const typesOf = (kind: string): readonly string[] =>
  Object.hasOwn(kinds, kind) ? (kinds[kind] ?? []) : [kind];
