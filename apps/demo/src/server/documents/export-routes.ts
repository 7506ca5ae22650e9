import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import { z } from 'zod';
import { archiveFormats, mediaTypeOf } from '../../export/archive.ts';
import { archiveName, exportVersion } from '../../export/export-version.ts';
import { parseQuery } from '../requests/parse-query.ts';
import type { Bindings, RouteParts } from '../requests/route-parts.ts';
import { ExportPlaces, type ExportReader } from './export-places.ts';

const asked = z.object({
  format: z.enum(archiveFormats).default('zip'),
  version: z.string().max(100).optional(),
});

/** `GET /api/export?format=zip|tar&version=…`: a version as an archive, the current one by default. */
export function addExportRoutes(
  app: Hono<{ Bindings: Bindings }>,
  { corpus, closing }: Pick<RouteParts, 'corpus' | 'closing'>,
): void {
  const places = new ExportPlaces();
  app.get('/api/export', async (c) => {
    const { format, version: name } = parseQuery(asked, c.req.query());
    const { session, outgoing } = c.env;
    const { socket } = outgoing;
    let stream: Readable;
    const reader: ExportReader = {
      session,
      taken: () => (socket === null ? 0 : socket.bytesWritten - socket.writableLength),
      isWaitedFor: () => (socket?.writableLength ?? 0) > 0,
      // What is made ends with its connection.
      end: () => void outgoing.destroy(),
    };
    places.take(reader);
    let fileName: string;
    try {
      const version = await corpus.hold(name);
      fileName = archiveName(version, format);
      stream = exportVersion(version, format);
    } catch (error) {
      places.leave(reader);
      throw error;
    }
    const made = stream;
    const end = (): void => void made.destroy();
    closing.addEventListener('abort', end);
    made.once('close', () => {
      places.leave(reader);
      closing.removeEventListener('abort', end);
    });
    return new Response(Readable.toWeb(made) as ReadableStream<Uint8Array>, {
      headers: {
        'content-type': mediaTypeOf[format],
        'content-disposition': `attachment; filename="${fileName}"`,
        'x-content-type-options': 'nosniff',
      },
    });
  });
}
