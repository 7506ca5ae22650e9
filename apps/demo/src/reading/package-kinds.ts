import { type MediaType, readableTypes } from './readable-types.ts';

const { odt, ods, odp, epub } = readableTypes;

/** By the media type that a package names. */
export const packageKinds: ReadonlyMap<string, MediaType> = new Map<string, MediaType>([
  ['application/epub+zip', epub],
  ...openDocument('text', odt),
  ...openDocument('text-template', odt),
  ...openDocument('text-master', odt),
  ...openDocument('text-web', odt),
  ...openDocument('spreadsheet', ods),
  ...openDocument('spreadsheet-template', ods),
  ...openDocument('presentation', odp),
  ...openDocument('presentation-template', odp),
  ...openDocument('graphics', odp),
  ...openDocument('graphics-template', odp),
  ...openDocument('formula', odt),
]);

function openDocument(kind: string, type: MediaType): [string, MediaType][] {
  return [[`application/vnd.oasis.opendocument.${kind}`, type]];
}
