import { Hono } from 'hono';
import { csrf } from 'hono/csrf';
import { expect, test } from 'vitest';
import { HttpJobClient } from '../client/http-job-client.ts';
import { done, jobsServer, slow } from '../server.test-support.ts';

// SvelteKit, Astro and Hono look at the origin of whatever a form could send, and take a request with no
// content type for one. Behind a proxy that ends TLS, or where a server thinks it has https, the origin
// of the application's own pages is none that they know.
test('H4 H5 no request of the client passes for the form of another site', async () => {
  const { handle, alice } = jobsServer({}, { keepInputs: true });
  const app = new Hono();
  app.use(csrf());
  app.all('/jobs/*', ({ req }) => handle(req.raw));
  const seen: string[] = [];
  const client = new HttpJobClient({
    baseUrl: 'http://app.example.com/jobs',
    headers: { origin: 'https://app.example.com', 'x-owner': 'alice' },
    streaming: false,
    fetch: async (url, init) => {
      const response = await app.request(String(url), init);
      seen.push(`${init?.method} ${response.status}`);
      return response;
    },
  });

  const { id } = await client.start(slow, { n: 1 });
  expect((await client.poll(id)).job?.status).toBe('running');
  expect(await client.cancel(id)).toBe(true);
  await alice.wait(id);
  const again = await client.retry(id);
  expect(await client.cancel(again.id)).toBe(true);
  const short = await client.start(done, { n: 1 });
  await alice.wait(short.id);
  expect(await client.consume(short.id)).toBe(true);
  expect(seen).toEqual([
    'POST 201',
    'POST 200',
    'POST 200',
    'POST 201',
    'POST 200',
    'POST 201',
    'DELETE 200',
  ]);
});
