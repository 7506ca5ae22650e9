import { createReadStream, fstatSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';

export interface Original {
  /** A descriptor of the file, which is closed when the answer is over. */
  readonly descriptor: number;
  readonly name: string;
  readonly mediaType: string | null;
}

/** Opens the file now, so that it can be read to its end though its version may go meanwhile. */
export const openOriginal = (
  file: string,
  named: Pick<Original, 'name' | 'mediaType'>,
): Original => ({ descriptor: openSync(file, 'r'), ...named });

/**
 * A document as it was sent. It is a stranger's: no script of it runs in this application's origin, and
 * what a browser would make more of than text or a PDF is downloaded.
 */
export function originalAnswer({ descriptor, name, mediaType }: Original, isDownload: boolean) {
  const type = shownAs(mediaType);
  const isInline = type !== undefined && !isDownload;
  const baseName = name.slice(name.lastIndexOf('/') + 1);
  const stream = createReadStream('', { fd: descriptor });
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': (isInline ? type : undefined) ?? 'application/octet-stream',
      'content-length': String(fstatSync(descriptor).size),
      'content-disposition': `${isInline ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded(baseName)}`,
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

function shownAs(mediaType: string | null): string | undefined {
  if (mediaType === 'application/pdf') return mediaType;
  const isText = mediaType === 'text/plain' || mediaType === 'text/markdown';
  return isText ? 'text/plain; charset=utf-8' : undefined;
}

// RFC 8187 knows fewer signs than `encodeURIComponent` leaves alone.
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
