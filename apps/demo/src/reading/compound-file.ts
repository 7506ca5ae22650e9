import { protectedByPassword, UnreadableError } from './parsed-document.ts';
import { readableTypes } from './readable-types.ts';

const signature = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const entryBytes = 128;

const oldWord = 'an old Word document (.doc); saved as .docx it is read';
const oldExcel = 'an old Excel workbook (.xls); saved as .xlsx it is read';
const oldPowerPoint = 'an old PowerPoint presentation (.ppt); saved as .pptx it is read';

const oldKinds: readonly (readonly [string, string])[] = [
  ['WordDocument', oldWord],
  ['Workbook', oldExcel],
  ['Book', oldExcel],
  ['PowerPoint Document', oldPowerPoint],
  ['VisioDocument', 'an old Visio drawing (.vsd), which is not read'],
  ['Quill', 'a Publisher document (.pub), which is not read'],
];

const oldExtensions: readonly (readonly [RegExp, string])[] = [
  [/^\.(?:doc|dot|wiz)$/, oldWord],
  [/^\.(?:xls|xlt|xla)$/, oldExcel],
  [/^\.(?:ppt|pot|pps|ppa)$/, oldPowerPoint],
];

// Office wraps a document of today in a compound file for one reason alone.
const newExtension = /^\.(?:do[ct][xm]|pp[ts][xm]|pot[xm]|xl[st][xmb])$/;

/**
 * What a compound file (OLE) holds: mail of Outlook is read; documents of Office before 2007, and those
 * that are encrypted, are named.
 *
 * @returns `undefined` where it is none
 * @throws UnreadableError
 */
export function compoundKind(
  bytes: Uint8Array,
  extension: string,
): typeof readableTypes.msg | undefined {
  if (!signature.equals(bytes.subarray(0, signature.length))) return undefined;
  const names = streamNames(bytes);
  if (names.has('EncryptedPackage')) throw new UnreadableError('encrypted', protectedByPassword);
  if (names.has('__properties_version1.0')) return readableTypes.msg;
  const byStream = oldKinds.find(([name]) => names.has(name))?.[1];
  if (byStream === undefined && newExtension.test(extension)) {
    throw new UnreadableError('encrypted', protectedByPassword);
  }
  const old = byStream ?? oldExtensions.find(([pattern]) => pattern.test(extension))?.[1];
  throw new UnreadableError(
    'unsupported',
    `it is ${old ?? 'a compound file of an unknown program, which is not read'}`,
  );
}

/**
 * Directory entries lie at multiples of their size whatever the sectors' size, so they are found
 * without following chains of sectors, which a hostile file may close to a circle.
 */
function streamNames(bytes: Uint8Array): ReadonlySet<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const names = new Set<string>();
  for (let at = 512; at + entryBytes <= buffer.length; at += entryBytes) {
    const length = buffer.readUInt16LE(at + 64);
    const kind = buffer[at + 66];
    if (length < 4 || length > 64 || length % 2 !== 0 || (kind !== 1 && kind !== 2)) continue;
    if (buffer.readUInt16LE(at + length - 2) !== 0) continue;
    names.add(buffer.toString('utf16le', at, at + length - 2));
    if (names.size > 10_000) break;
  }
  return names;
}
