import type { Hono } from 'hono';
import { z } from 'zod';
import { documentSorts, type Replacement } from '../web/api.ts';
import { parseQuery } from './parse-query.ts';
import type { Bindings, RouteParts } from './routes.ts';

const listing = {
  version: z.string().max(100).optional(),
  sort: z.enum(documentSorts).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  name: z.string().max(500).optional(),
  kind: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
};
const page = z.object({
  ...listing,
  offset: z.coerce.number().int().min(0).max(1e9).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** What is asked about the documents of a version. */
export function addDocumentRoutes(
  app: Hono<{ Bindings: Bindings }>,
  { corpus, uploads }: Pick<RouteParts, 'corpus' | 'uploads'>,
): void {
  app.get('/api/documents', async (c) => {
    const { version, ...query } = parseQuery(page, c.req.query());
    return c.json(await corpus.documents(version, query));
  });
  app.get('/api/documents/ids', async (c) => {
    const { version, ...query } = parseQuery(z.object(listing), c.req.query());
    return c.json({ ids: await corpus.documentIds(version, query) });
  });

  app.get('/api/uploads/replacements', async (c) => {
    const waiting = uploads.waiting(c.env.session);
    const files = await corpus.read(({ database }) => {
      const find = database.prepare('SELECT sha256, failure_code FROM files WHERE path = ?');
      return waiting.flatMap(({ upload, name, sha256 }): Replacement[] => {
        const row = find.get(name);
        // One that could not be read is no loss, and the same content is no change.
        const isOther = row !== undefined && row.failure_code === null && row.sha256 !== sha256;
        return isOther ? [{ upload, name }] : [];
      });
    });
    return c.json({ files: files ?? [] });
  });
}
