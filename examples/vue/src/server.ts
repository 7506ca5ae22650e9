import { randomUUID } from 'node:crypto';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { currentBook, handleJobs, sessionCookie, sessionOf } from './manager.ts';

const app = new Hono();
app.all('/jobs/*', (c) => handleJobs(c.req.raw));
app.get('/current', async (c) => c.json(await currentBook()));
app.get('/', async (c, next) => {
  await next();
  if (sessionOf(c.req.header('cookie')) === undefined) {
    c.header('Set-Cookie', sessionCookie(randomUUID()));
  }
});
app.use('*', serveStatic({ root: './dist' }));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' });
