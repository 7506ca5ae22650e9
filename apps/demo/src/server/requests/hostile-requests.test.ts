import { readdirSync, readlinkSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { originalPath } from '../../web/api.ts';

/** How often this process has files of the folder open; 0 where the platform does not tell. */
function openBelow(folder: string): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.startsWith(folder) && target.includes('/documents/');
    } catch {
      return false;
    }
  }).length;
}

describe('whatever is asked', () => {
  test('H3 D5 who asks for headers alone holds neither a file nor a place among the exports', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    await me.publish({ 'a.txt': 'Words. '.repeat(300_000) });
    const [document] = (await me.api.documents()).documents;
    const paths = ['/api/export', '/api/export?format=tar', originalPath(document?.id ?? '', true)];
    for (const path of paths) {
      for (let n = 0; n < 6; n += 1) {
        const answer = await fetch(`${url}${path}`, { method: 'HEAD' });
        expect(answer.status, path).toBe(200);
        expect(await answer.text()).toBe('');
      }
    }
    const whole = await fetch(`${url}/api/export`);
    expect(whole.status).toBe(200);
    await whole.arrayBuffer();
    expect(openBelow(data)).toBe(0);
  });

  test('H5 D12 it is answered in form, and never as the server’s own fault', async () => {
    const { url } = await startServer();
    const me = visit(url);
    await me.publish({ 'a.txt': 'Words.' });
    const upload = (await me.upload({ 'b.txt': 'More words.' }))[0] ?? '';
    const document = (await me.api.documents()).documents[0]?.id ?? '';
    const { current } = await me.api.corpus();
    const part = fc.oneof(
      fc.constantFrom(upload, document, current?.version ?? '', '1', '-1', '1e3', '%00', '..%2f'),
      fc.constantFrom('%', '%F0%9F', '__proto__', 'CON', '%2e%2e', 'x'.repeat(3000)),
      fc.webSegment(),
    );
    const routes = [
      ...['/api/uploads', '/api/corpus', '/api/documents', '/api/documents/ids', '/api/settings'],
      ...['/api/documents/text', '/api/documents/original', '/api/search', '/api/versions'],
      ...['/api/uploads/*', '/api/uploads/replacements', '/api/versions/*/rollback', '/api/export'],
      ...['/api/interruptions', '/api/interruptions/*', '/jobs', '/jobs/*', '/jobs/poll'],
      ...['/jobs/documents.change', '/jobs/*/cancel', '/jobs/*/retry', '/react/*', '/*'],
    ];
    const address = fc
      .tuple(fc.constantFrom(...routes), part)
      .map(([route, given]) => route.replace('*', () => given));
    const names = ['q', 'id', 'version', 'sort', 'order', 'name', 'kind', 'reason', 'offset'];
    const query = fc.array(
      fc.tuple(
        fc.constantFrom(...names, 'limit', 'page', 'folder', 'typed', 'format', 'download'),
        fc.oneof(part, fc.string({ unit: 'binary' }), fc.double().map(String), fc.json()),
      ),
      { maxLength: 3 },
    );
    const wrong = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(upload, document, [], {}, Number.MAX_VALUE, -0, '\u0000', '\ud800'),
    );
    const body = fc.oneof(
      fc.record({ input: fc.record({ add: wrong, remove: wrong }, { requiredKeys: [] }) }),
      fc.record({ input: fc.record({ add: fc.array(wrong), remove: fc.array(wrong) }) }),
      fc.record({ polls: fc.array(fc.record({ id: wrong, after: wrong, limit: wrong })) }),
      fc.record({ language: wrong, passageLength: wrong }, { requiredKeys: [] }),
      wrong,
    );
    const content = fc.oneof(
      body.map((value) => JSON.stringify(value) ?? ''),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '{',
        '[1,',
        '"\\ud800"',
        '--x\r\n\r\n--x--',
        '--x\r\nContent-Disposition: form-data',
      ),
    );
    const type = fc.constantFrom(
      ...['application/json', 'multipart/form-data; boundary=x', 'multipart/form-data', 'text/x'],
    );
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(
        method,
        address,
        query,
        type,
        content,
        async (how, where, asked, is, sent) => {
          const search = new URLSearchParams(
            asked.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
          );
          const hasBody = how !== 'GET' && how !== 'HEAD';
          const answer = await fetch(`${url}${where}?${search}`, {
            method: how,
            redirect: 'manual',
            headers: { cookie: me.cookie, 'content-type': is },
            ...(hasBody ? { body: sent } : {}),
          });
          const told = await answer.text();
          expect(answer.status, `${how} ${where}?${search} ${told}`).not.toBe(500);
          expect(told).not.toMatch(/\n\s+at /);
          if (answer.status >= 400 && how !== 'HEAD' && told !== '') {
            expect(answer.headers.get('content-type')).toBe('application/problem+json');
          }
        },
      ),
      { numRuns: process.env.OFFSTAGE_LONG ? 5000 : 400 },
    );
    // It is there still.
    expect((await me.api.corpus()).current).not.toBe(null);
  });
});
