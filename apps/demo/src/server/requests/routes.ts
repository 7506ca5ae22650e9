import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { lacks } from '../../change/public-errors.ts';
import { keptVersions } from '../../corpus/snapshots.ts';
import type { CorpusView, Stale, UploadAnswer } from '../../web/api.ts';
import { addDocumentRoutes } from '../documents/document-routes.ts';
import { addExportRoutes } from '../documents/export-routes.ts';
import { logStream, parseLogCursor } from '../logs/log-stream.ts';
import { receiveUploads } from '../uploads/receive-uploads.ts';
import { allowedMethods } from './allowed-methods.ts';
import { isUnread } from './body-limits.ts';
import { parseQuery as parse } from './parse-query.ts';
import { Problem, problemAnswer } from './problem.ts';
import type { Bindings, RouteParts } from './route-parts.ts';
import { addSettingsRoutes } from './settings-routes.ts';

const searching = z.object({
  q: z.string().max(10_000).default(''),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  page: z.coerce.number().int().min(1).max(1e6).default(1),
  folder: z.string().max(10_000).optional(),
  typed: z.enum(['1', '0']).optional(),
});
const refusedUploads: Readonly<Record<string, number>> = {
  too_large: 413,
  storage_full: 507,
  storage_failed: 500,
  ...Object.fromEntries(Object.keys(lacks).map((code) => [code, 503])),
};
const maxLogStreams = 200;
const maxLogStreamsPerSession = 10;

/** Everything but jobs: pages, uploads, the corpus and its versions, the log. */
export function createRoutes(parts: RouteParts): Hono<{ Bindings: Bindings }> {
  const { corpus, gate, uploads, events, pages, report, closing } = parts;
  const app = new Hono<{ Bindings: Bindings }>();

  app.use('/api/*', async (c, next) => {
    await next();
    c.res.headers.set('cache-control', 'no-store');
  });

  // Who asks for headers alone reads no body, and what a body holds (a file, a place) would be held for ever.
  app.use('*', async (c, next) => {
    await next();
    if (c.req.raw.method !== 'HEAD' || c.res.body === null) return;
    const { body, headers, status } = c.res;
    c.res = new Response(null, { headers, status });
    await body.cancel();
  });

  app.post('/api/uploads', async (c) => {
    const files = await receiveUploads(c.env.incoming, c.env.session, uploads);
    if (files.length === 0) throw new Problem(400, 'no_files', 'There is no file in this upload.');
    if (files.some(({ upload }) => upload !== null)) {
      return c.json({ files } satisfies UploadAnswer, 201);
    }
    const [first] = files;
    const code = first?.problem?.code ?? 'invalid_form';
    const status = refusedUploads[code] ?? 400;
    const title =
      files.length === 1
        ? `The file was refused: ${first?.problem?.message ?? ''}.`
        : `All ${files.length} files were refused.`;
    throw new Problem(status, code, title, { files });
  });
  app.delete('/api/uploads/:upload', async (c) => {
    if (!(await uploads.drop(c.env.session, c.req.param('upload')))) throw notFound();
    return c.body(null, 204);
  });

  app.get('/api/corpus', async (c) => {
    const { session } = c.env;
    const current = await corpus.currentView();
    const pending = uploads
      .waiting(session)
      .map(({ upload, name, bytes }) => ({ upload, name, bytes }));
    const settingsChanged = current?.settingsChanged ?? false;
    const outdated = await corpus.outdated();
    const view: CorpusView = {
      session: c.env.outgoing.hasHeader('set-cookie') ? 'new' : 'known',
      keptVersions,
      current,
      stale: staleness({
        settingsChanged,
        outdated: outdated.all,
        canIndexAgain: settingsChanged ? await corpus.keepsFiles() : outdated.kept > 0,
        pending: pending.length,
      }),
      busy: gate.busy(session),
      limits: uploads.limits,
      pending,
    };
    return c.json(view);
  });
  addDocumentRoutes(app, parts);
  addExportRoutes(app, parts);
  addSettingsRoutes(app, parts);
  app.get('/api/search', async (c) => {
    const { q, typed, ...options } = parse(searching, c.req.query());
    const kinds = (c.req.queries('kind') ?? []).slice(0, 20);
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    c.env.outgoing.once('close', leave);
    try {
      const asked = { ...options, kinds, asTyped: typed === '1' };
      return c.json(await corpus.search(q, asked, gone.signal));
    } finally {
      c.env.outgoing.off('close', leave);
    }
  });
  app.get('/api/versions', async (c) => c.json({ versions: await corpus.versions() }));
  app.post('/api/versions/:gen/rollback', async (c) => {
    const gen = Number(c.req.param('gen'));
    if (!Number.isSafeInteger(gen) || gen < 1) throw notFound();
    return c.json(await gate.exclusively(() => corpus.rollback(gen)));
  });

  app.get('/api/interruptions', (c) => c.json(gate.interruptions(c.env.session)));
  app.delete('/api/interruptions/:job', (c) => {
    if (!gate.dismiss(c.env.session, c.req.param('job'))) throw notFound();
    return c.body(null, 204);
  });

  let streams = 0;
  const streamsOf = new Map<string, number>();
  app.get('/api/log', (c) => {
    const { session, outgoing } = c.env;
    const own = streamsOf.get(session) ?? 0;
    if (streams >= maxLogStreams || own >= maxLogStreamsPerSession) {
      throw new Problem(503, 'unavailable', 'Too many pages watch the log just now.');
    }
    streams += 1;
    streamsOf.set(session, own + 1);
    const gone = new AbortController();
    outgoing.once('close', () => {
      streams -= 1;
      const left = (streamsOf.get(session) ?? 1) - 1;
      if (left === 0) streamsOf.delete(session);
      else streamsOf.set(session, left);
      gone.abort();
    });
    const after = c.req.header('last-event-id') ?? c.req.query('after');
    const stream = logStream(events, session, {
      after: after === undefined ? undefined : parseLogCursor(after),
      follow: c.req.query('follow') !== '0',
      signal: AbortSignal.any([gone.signal, closing]),
    });
    return new Response(stream, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
    });
  });

  app.get('/', (c) => c.redirect('/react/', 302));
  for (const name of ['react', 'svelte'] as const) {
    const prefix = `/${name}/`;
    app.get(`/${name}`, (c) => c.redirect(prefix, 302));
    app.get(`${prefix}*`, (c) => pages[name].answer(c.req.path.slice(prefix.length), c.req.raw));
  }
  app.get('/favicon.ico', (c) => c.body(null, 204));
  const allowed = allowedMethods(app);
  app.notFound((c) => {
    const allow = allowed(c.req.path);
    if (allow === undefined) return problem(c, notFound(), report);
    if (c.req.raw.method === 'OPTIONS') return c.body(null, 204, { allow });
    return problem(c, wrongMethod(allow), report);
  });
  app.onError((error, c) => problem(c, error, report));
  return app;
}

function problem(
  c: Context<{ Bindings: Bindings }>,
  error: unknown,
  report: (error: unknown) => string,
) {
  const { outgoing, incoming } = c.env;
  // Whoever went away in the middle of an upload hears nothing any more.
  if (outgoing.destroyed || outgoing.headersSent) return RESPONSE_ALREADY_SENT;
  const { status, body } = problemAnswer(error, report);
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(typeof body.allow === 'string' && { allow: body.allow }),
      ...(typeof body.retryAfter === 'number' && { 'retry-after': String(body.retryAfter) }),
      // What is left of the body is not worth reading.
      ...(isUnread(incoming) && { connection: 'close' }),
    },
  });
}

function staleness(stale: Omit<Stale, 'message'>): Stale | null {
  const { settingsChanged, outdated, canIndexAgain, pending } = stale;
  if (!settingsChanged && outdated === 0 && pending === 0) return null;
  const read = outdated === 1 ? '1 file was' : `${outdated.toLocaleString('en')} files were`;
  const files = pending === 1 ? '1 file is' : `${pending} files are`;
  const message = [
    pending > 0 ? `${files} uploaded and not published yet.` : '',
    settingsChanged ? 'The settings were changed since this version was made.' : '',
    outdated > 0
      ? `${read} read by a former version of this program, which may have found less.`
      : '',
    (settingsChanged || outdated > 0) && !canIndexAgain
      ? 'It was made of a folder, whose files it does not keep: ingest the folder again.'
      : '',
  ];
  return { ...stale, message: message.filter((part) => part !== '').join(' ') };
}

const wrongMethod = (allow: string): Problem =>
  new Problem(405, 'invalid_input', `This address takes ${allow}.`, { allow });
const notFound = (): Problem => new Problem(404, 'not_found', 'There is no such thing here.');
