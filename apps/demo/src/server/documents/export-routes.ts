import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import { z } from 'zod';
import { archiveFormats, mediaTypeOf } from '../../export/archive.ts';
import { archiveName, exportVersion } from '../../export/export-version.ts';
import { parseQuery } from '../requests/parse-query.ts';
import { Problem } from '../requests/problem.ts';
import type { Bindings, RouteParts } from '../requests/route-parts.ts';

const asked = z.object({
  format: z.enum(archiveFormats).default('zip'),
  version: z.string().max(100).optional(),
});
/** Each reads a whole version, and holds it as long as its reader takes. */
const maxExports = 4;

/** `GET /api/export?format=zip|tar&version=…`: a version as an archive, the current one by default. */
export function addExportRoutes(
  app: Hono<{ Bindings: Bindings }>,
  { corpus, closing }: Pick<RouteParts, 'corpus' | 'closing'>,
): void {
  let exports = 0;
  app.get('/api/export', async (c) => {
    const { format, version: name } = parseQuery(asked, c.req.query());
    if (exports >= maxExports) {
      throw new Problem(503, 'export_busy', 'Too many exports are under way just now.');
    }
    exports += 1;
    let stream: Readable;
    let fileName: string;
    try {
      const version = await corpus.hold(name);
      fileName = archiveName(version, format);
      stream = exportVersion(version, format);
    } catch (error) {
      exports -= 1;
      throw error;
    }
    const end = (): void => void stream.destroy();
    closing.addEventListener('abort', end);
    stream.once('close', () => {
      exports -= 1;
      closing.removeEventListener('abort', end);
    });
    return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
      headers: {
        'content-type': mediaTypeOf[format],
        'content-disposition': `attachment; filename="${fileName}"`,
        'x-content-type-options': 'nosniff',
      },
    });
  });
}
