import { packageKinds } from './package-kinds.ts';
import { UnreadableError } from './parsed-document.ts';
import { type MediaType, readableTypes } from './readable-types.ts';
import { ZipArchive } from './zip-archive.ts';

/** Kinds are told by parts that are this small. */
const maxKindBytes = 4 * 1024 * 1024;

const { docx, pptx, xlsx, epub } = readableTypes;

/** By the main part's content type, whether it is a document, a template or has macros. */
const officeKinds: readonly (readonly [RegExp, MediaType])[] = [
  [/wordprocessingml\.(?:document|template)\.main|ms-word\.\w+\.macroEnabled/, docx],
  [/presentationml\.\w+\.main|ms-powerpoint\.\w+\.macroEnabled/, pptx],
  [
    /spreadsheetml\.(?:sheet|template)\.main|ms-excel\.(?:sheet|template|addin)\.macroEnabled/,
    xlsx,
  ],
];

const officeExtension = /^\.(?:do[ct][xm]|pp[ts][xm]|pot[xm]|xl[st][xm]|od[tspg]|ot[tspg]|epub)$/;

/**
 * What a ZIP archive is, by its parts.
 *
 * @throws UnreadableError `unsupported` where it holds no document that is read, `damaged`
 */
export async function zipKind(bytes: Uint8Array, extension: string): Promise<MediaType> {
  let archive: ZipArchive;
  try {
    archive = await ZipArchive.open(bytes, maxKindBytes);
  } catch (error) {
    // Half an archive is still an archive: only a document would have been read.
    if (officeExtension.test(extension) || !isDamage(error)) throw error;
    throw new UnreadableError('unsupported', archiveMessage);
  }
  const mimetype = (await archive.read('mimetype'))?.toString('latin1').trim();
  const byMimetype = mimetype === undefined ? undefined : packageKinds.get(mimetype);
  if (byMimetype !== undefined) return byMimetype;
  const types = (await archive.read('[Content_Types].xml'))?.toString('utf8') ?? '';
  const found = officeKinds.find(([pattern]) => pattern.test(types))?.[1];
  if (found !== undefined) return found;
  if (archive.has('word/document.xml')) return docx;
  if (archive.has('ppt/presentation.xml')) return pptx;
  if (archive.has('xl/workbook.xml')) return xlsx;
  if (archive.has('META-INF/container.xml')) return epub;
  throw new UnreadableError('unsupported', otherPackage(archive, types));
}

const archiveMessage = 'it is an archive (ZIP); archives are listed, not opened';

function otherPackage(archive: ZipArchive, types: string): string {
  if (archive.has('xl/workbook.bin')) {
    return 'it is a binary Excel workbook (.xlsb); saved as .xlsx it is read';
  }
  if (archive.has('Index/Document.iwa') || archive.has('index.apxl') || archive.has('index.xml')) {
    return 'it is a document of Pages, Numbers or Keynote, which is not read; exported as PDF it is';
  }
  return types === ''
    ? archiveMessage
    : 'it is a package of a program whose documents are not read';
}

const isDamage = (error: unknown): boolean =>
  error instanceof UnreadableError && error.code === 'damaged';
