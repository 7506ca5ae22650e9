import type { Hono } from 'hono';
import { z } from 'zod';
import { originalPath } from '../../search/search-index.ts';
import { documentSorts, type Replacement } from '../../web/api.ts';
import { parseQuery } from '../requests/parse-query.ts';
import { Problem } from '../requests/problem.ts';
import type { Bindings, RouteParts } from '../requests/route-parts.ts';
import { documentText } from './document-text.ts';
import { openOriginal, originalAnswer } from './original-answer.ts';

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

const opened = z.object({
  id: z.string().min(1).max(5000),
  q: z.string().max(10_000).default(''),
  download: z.string().max(1).optional(),
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

  app.get('/api/documents/text', async (c) => {
    const { id, q } = parseQuery(opened, c.req.query());
    const text = await corpus.read(({ database }) => documentText(database, id, q));
    if (text === undefined) throw noDocument();
    return c.json(text);
  });
  app.get('/api/documents/original', async (c) => {
    const { id, download } = parseQuery(opened, c.req.query());
    const original = await corpus.read(({ version, database }) => {
      const row = database
        .prepare('SELECT path, media_type FROM files WHERE document = ? AND failure_code IS NULL')
        .get(id);
      if (row === undefined) return undefined;
      const mediaType = row.media_type === null ? null : String(row.media_type);
      return openOriginal(version.path(originalPath(id)), { name: String(row.path), mediaType });
    });
    if (original === undefined) throw noDocument();
    return originalAnswer(original, download !== undefined);
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

const noDocument = (): Problem =>
  new Problem(404, 'not_found', 'There is no such document in the current version.');
