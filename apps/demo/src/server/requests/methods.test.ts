import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startServer } from '../../testing/documents-server.ts';

/** Every address, and what it takes beside OPTIONS. */
const taken: Readonly<Record<string, string>> = {
  '/': 'GET, HEAD',
  '/react': 'GET, HEAD',
  '/react/': 'GET, HEAD',
  '/svelte/search': 'GET, HEAD',
  '/favicon.ico': 'GET, HEAD',
  '/api/corpus': 'GET, HEAD',
  '/api/documents': 'GET, HEAD',
  '/api/documents/ids': 'GET, HEAD',
  '/api/documents/text?id=a': 'GET, HEAD',
  '/api/documents/original?id=a': 'GET, HEAD',
  '/api/export': 'GET, HEAD',
  '/api/interruptions': 'GET, HEAD',
  '/api/interruptions/some': 'DELETE',
  '/api/log': 'GET, HEAD',
  '/api/search?q=a': 'GET, HEAD',
  '/api/settings': 'GET, HEAD, PUT',
  '/api/uploads': 'POST',
  '/api/uploads/some': 'DELETE',
  '/api/uploads/replacements': 'DELETE, GET, HEAD',
  '/api/versions': 'GET, HEAD',
  '/api/versions/1/rollback': 'POST',
};
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE'];

/** Requests as they are written, one behind the other; of each answer the status, the methods and the text. */
async function ask(url: string, target: string, methods: readonly string[]) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const lines = methods.map((method) => `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n`);
  socket.write(`${lines.join('\r\n')}Connection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text.split(/HTTP\/1\.1 (?=\d{3} )/).flatMap((answer) => {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const allow = /^allow: (.*)$/im.exec(head)?.[1];
    return head === '' ? [] : [{ status: Number(head.slice(0, 3)), allow, body }];
  });
}

test('H5 D12 an address that takes other methods says which, with a 405', async () => {
  const { url } = await startServer();
  for (const [target, allowed] of Object.entries(taken)) {
    const allow = `${allowed}, OPTIONS`;
    const wrong = methods.filter((method) => !allow.split(', ').includes(method));
    const answers = await ask(url, target, [...wrong, 'OPTIONS']);
    expect([target, answers.map(({ status }) => status)]).toEqual([
      target,
      [...wrong.map(() => 405), 204],
    ]);
    for (const [index, { allow: told, body }] of answers.entries()) {
      expect([target, told]).toEqual([target, allow]);
      const hasBody = index < wrong.length && wrong[index] !== 'HEAD';
      expect(body === '').toBe(!hasBody);
      if (hasBody) expect(body).toContain(`This address takes ${allow}.`);
    }
  }
});

test('H5 D12 where there is nothing no method helps', async () => {
  const { url } = await startServer();
  for (const target of ['/nowhere', '/api', '/api/', '/api/nothing', '/api/corpus/', '/reactor']) {
    const answers = await ask(url, target, [...methods, 'OPTIONS']);
    expect([target, answers.map(({ status, allow }) => [status, allow])]).toEqual([
      target,
      [...methods, 'OPTIONS'].map(() => [404, undefined]),
    ]);
  }
});
