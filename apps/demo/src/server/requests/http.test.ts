import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { scratch, writeFiles } from '../../testing/scratch.ts';

/** A request as it is; fetch sets some headers by itself. */
function ask(
  url: string,
  target: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const sent = request({ host: '127.0.0.1', port, path: target, ...options }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
      );
    });
    sent.on('error', reject).end();
  });
}

function pages(): string {
  const page =
    '<!doctype html><title>Documents</title><script type="module" src="/react/assets/index-Ab3dEf9h.js"></script>';
  return writeFiles(scratch(), {
    'react/index.html': page,
    'react/assets/index-Ab3dEf9h.js': `console.log(${JSON.stringify('x'.repeat(3000))})`,
    'react/assets/plain.txt': 'short',
    'svelte/index.html': page.replaceAll('react', 'svelte'),
  });
}

const everyAnswer = [
  ['GET', '/'],
  ['GET', '/react/'],
  ['GET', '/react/search'],
  ['GET', '/react/assets/index-Ab3dEf9h.js'],
  ['GET', '/react/assets/none.js'],
  ['GET', '/nowhere'],
  ['GET', '/api/corpus'],
  ['GET', '/api/documents?limit=x'],
  ['GET', '/api/search?q='],
  ['GET', '/api/search?q=word'],
  ['GET', '/jobs'],
  ['GET', '/jobs/none'],
  ['POST', '/api/uploads'],
  ['DELETE', '/api/uploads/none'],
  ['POST', '/api/versions/1/rollback'],
  ['DELETE', '/api/interruptions/none'],
] as const;

describe('answers', () => {
  test('D12 every answer carries the security headers, and a policy without inline scripts', async () => {
    const { url } = await startServer({ pagesFolder: pages() });
    for (const [method, target] of everyAnswer) {
      const { headers } = await ask(url, target, { method });
      const policy = String(headers['content-security-policy']);
      for (const part of [
        ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"],
        ...[
          "img-src 'self' data:",
          "base-uri 'none'",
          "frame-ancestors 'none'",
          "form-action 'self'",
        ],
      ]) {
        expect([target, policy.split('; ').includes(part)]).toEqual([target, true]);
      }
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['x-powered-by']).toBe(undefined);
      expect(headers['access-control-allow-origin']).toBe(undefined);
    }
  });

  test('D12 H5 a connection is kept for longer than a proxy keeps it, so that no request meets its end', async () => {
    const { url } = await startServer();
    const answer = await ask(url, '/api/corpus', { headers: { connection: 'keep-alive' } });
    const [, seconds] = /^timeout=(\d+)$/.exec(String(answer.headers['keep-alive'])) ?? [];
    expect(Number(seconds)).toBeGreaterThan(60);
  });

  test('D12 refusals are problem details with a code, and no internals', async () => {
    const { url, data } = await startServer({ pagesFolder: pages() });
    const expected: Record<string, [number, string]> = {
      '/api/search?q=': [400, 'empty_query'],
      '/api/search?q=word': [409, 'no_snapshot'],
      '/api/documents?limit=x': [400, 'invalid_input'],
      '/api/documents?version=../../etc': [404, 'not_found'],
      '/nowhere': [404, 'not_found'],
      '/react/assets/none.js': [404, 'not_found'],
    };
    for (const [target, [status, code]] of Object.entries(expected)) {
      const answer = await ask(url, target);
      expect([target, answer.status]).toEqual([target, status]);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ status, code, title: expect.any(String) });
      expect(answer.body).not.toContain(data);
    }
  });

  test('D12 an error of the server tells a reference alone, and the log has it without the message', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    await me.publish({ 'a.md': 'text' });
    writeFileSync(path.join(data, 'snapshots', 'CURRENT'), 'damaged');
    const answer = await ask(url, '/api/versions');
    expect(answer.status).toBe(500);
    const problem = JSON.parse(answer.body) as { code: string; reference: string };
    expect(problem).toMatchObject({
      code: 'corrupt',
      reference: expect.stringMatching(/^[\w-]{12}$/),
    });
    expect(answer.body).not.toContain(data);
    const log = readFileSync(path.join(data, 'log', 'server.jsonl'), 'utf8');
    const line = log.split('\n').find((text) => text.includes(problem.reference));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ error: 'OffstageError', code: 'corrupt' });
    expect(log).not.toContain(data);
  });
});

describe('other sites', () => {
  const own = { host: 'localhost' };

  test('D12 a change that another site asks for is refused, whatever it is', async () => {
    const { url } = await startServer();
    const changes = everyAnswer.filter(([method]) => method !== 'GET');
    for (const [method, target] of [...changes, ['POST', '/jobs/documents.change'] as const]) {
      for (const headers of [
        { 'sec-fetch-site': 'cross-site', ...own },
        { 'sec-fetch-site': 'same-site', ...own },
        { origin: 'https://evil.example', ...own },
        { origin: 'null', ...own },
      ]) {
        const answer = await ask(url, target, { method, headers });
        expect([target, answer.status, JSON.parse(answer.body).code]).toEqual([
          target,
          403,
          'forbidden',
        ]);
      }
    }
    const { status } = await ask(url, '/api/uploads/none', {
      method: 'DELETE',
      headers: { 'sec-fetch-site': 'same-origin', ...own },
    });
    expect(status).toBe(404);
  });

  test('D12 a name of somebody else that leads here is refused', async () => {
    const { url } = await startServer({ allowedHosts: ['docs.example'] });
    const status = async (host: string): Promise<number> =>
      (await ask(url, '/api/corpus', { headers: { host } })).status;
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.nip.io:80',
      '192.168.0.1',
    ]) {
      expect([host, await status(host)]).toEqual([host, 421]);
    }
    for (const host of [
      'localhost',
      'LOCALHOST:4173',
      '127.0.0.1:1',
      '[::1]:4173',
      'docs.example',
    ]) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
  });
});

test('D12 an authority that is none, or an address that is no path, is refused as such', async () => {
  for (const allowedHosts of [undefined, 'any'] as const) {
    const { url } = await startServer({ allowedHosts });
    for (const host of [
      'localhost/jobs/hello?',
      'localhost#',
      'me@localhost',
      'local host',
      'a:b:c',
    ]) {
      const { status, body } = await ask(url, '/jobs', { headers: { host } });
      expect([host, status]).toEqual([host, 400]);
      expect(JSON.parse(body)).toMatchObject({ code: 'invalid_address', status: 400 });
    }
    for (const target of ['http://evil.example/jobs', '//evil.example/jobs', '*']) {
      const method = target === '*' ? 'OPTIONS' : 'GET';
      const headers = { host: 'localhost' };
      expect([target, (await ask(url, target, { method, headers })).status]).toEqual([target, 400]);
    }
  }
});

describe('pages', () => {
  test('D1 D8 the pages are served by path; what is hashed is kept for good', async () => {
    const { url } = await startServer({ pagesFolder: pages() });
    expect(await ask(url, '/')).toMatchObject({ status: 302, headers: { location: '/react/' } });
    for (const target of ['/react/', '/react/documents', '/svelte/', '/svelte/versions']) {
      const { status, headers, body } = await ask(url, target);
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([
        ...[200, 'text/html; charset=utf-8', 'no-cache'],
      ]);
      expect(body).toContain(`/${target.split('/')[1]}/assets/`);
    }
    const script = await ask(url, '/react/assets/index-Ab3dEf9h.js');
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const encoding of ['br', 'gzip']) {
      const packed = await ask(url, '/react/assets/index-Ab3dEf9h.js', {
        headers: { 'accept-encoding': `${encoding}, deflate` },
      });
      expect(packed.headers['content-encoding']).toBe(encoding);
      expect(Number(packed.headers['content-length'])).toBeLessThan(script.body.length / 2);
    }
    const again = await ask(url, '/react/', {
      headers: { 'if-none-match': String((await ask(url, '/react/')).headers.etag) },
    });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  test('D12 no path leads out of the pages', async () => {
    const folder = pages();
    writeFiles(folder, { 'secret.txt': 'hidden words' });
    mkdirSync(path.join(folder, 'react', 'sub'));
    const { url } = await startServer({ pagesFolder: folder });
    for (const target of [
      ...[
        '/react/../secret.txt',
        '/react/%2e%2e/secret.txt',
        '/react/..%2fsecret.txt',
        '/react/..\\secret.txt',
      ],
      ...['/react//etc/passwd', '/react/%00', '/react/%ff', '/../secret.txt', '//etc/passwd'],
    ]) {
      const { body, status } = await ask(url, target);
      expect([target, body.includes('hidden words'), body.includes('root:')]).toEqual([
        target,
        false,
        false,
      ]);
      expect([200, 302, 400, 404]).toContain(status);
    }
  });

  test('D1 pages that are not built yet say what to do', async () => {
    const { url } = await startServer({ pagesFolder: scratch() });
    const { status, body } = await ask(url, '/react/');
    expect([status, JSON.parse(body).code]).toEqual([503, 'not_built']);
  });
});
