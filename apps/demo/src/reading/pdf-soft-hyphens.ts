import { constants, inflateSync } from 'node:zlib';
import { type getDocumentProxy, getResolvedPDFJS } from 'unpdf';

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Pdf['getPage']>>;

const headBytes = 256;
const maxStreams = 20_000;
const maxMapBytes = 256 * 1024;
const maxTotalBytes = 16 * 1024 * 1024;

/**
 * Whether a font of the document shows soft hyphens, which PDF.js leaves out of its text: one of its maps
 * to Unicode has the character. Streams are looked at by their first bytes, and maps are small.
 */
export function mayHaveSoftHyphens(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.includes('softhyphen') || buffer.includes('uni00AD')) return true;
  let total = 0;
  let at = buffer.indexOf('stream');
  for (let count = 0; at !== -1 && count < maxStreams && total < maxTotalBytes; count += 1) {
    const start = at + (buffer[at + 6] === 0x0d ? 8 : 7);
    const end = buffer.indexOf('endstream', start);
    if (end === -1) return false;
    if (end - start < maxMapBytes) {
      const map = mapIn(buffer.subarray(start, end));
      total += map.length + headBytes;
      if (hasSoftHyphen(map)) return true;
    }
    at = buffer.indexOf('stream', end + 'endstream'.length);
  }
  return false;
}

function mapIn(stream: Buffer): string {
  if (isMap(stream.toString('latin1', 0, headBytes))) return stream.toString('latin1');
  // The low half of the first byte of zlib's header says that it is deflated.
  if (((stream[0] ?? 0) & 0x0f) !== 8) return '';
  try {
    const head = inflate(stream.subarray(0, headBytes), headBytes * 64);
    return isMap(head) ? inflate(stream, maxMapBytes) : '';
  } catch {
    return '';
  }
}

const isMap = (head: string): boolean => head.includes('/CIDInit') || head.includes('begincmap');

const inflate = (bytes: Buffer, maxOutputLength: number): string =>
  inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength }).toString('latin1');

/** Maps name a character by itself, or within a range from one code to another. */
function hasSoftHyphen(map: string): boolean {
  if (map === '') return false;
  if (/<00ad>/i.test(map)) return true;
  for (const [, from = '', to = '', first = ''] of map.matchAll(
    /<([\da-f]{1,8})>\s{0,4}<([\da-f]{1,8})>\s{0,4}<([\da-f]{1,4})>/gi,
  )) {
    const start = Number.parseInt(first, 16);
    const length = Number.parseInt(to, 16) - Number.parseInt(from, 16);
    if (start <= 0xad && start + length >= 0xad) return true;
  }
  return false;
}

/** The words of a page that a soft hyphen parts, as `Theater\u00adprobe`. */
export async function softHyphenWords(page: Page): Promise<ReadonlySet<string>> {
  const { OPS } = await getResolvedPDFJS();
  const { fnArray, argsArray } = await page.getOperatorList();
  const pieces: string[] = [];
  for (const [index, operation] of fnArray.entries()) {
    if (operation !== OPS.showText) continue;
    for (const glyph of argsArray[index]?.[0] ?? []) {
      if (typeof glyph?.unicode === 'string') pieces.push(glyph.unicode);
    }
  }
  const words = new Set<string>();
  // Each part that stands between two of them belongs to two.
  for (const [, first, last] of pieces
    .join('')
    .matchAll(/(?<!\p{L})(?=(\p{L}{1,40})\u00ad(\p{L}{1,40}))/gu)) {
    words.add(`${first}\u00ad${last}`);
  }
  return words;
}
