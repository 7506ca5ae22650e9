import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { filesBelow, startServer, type Visitor, visit } from '../../testing/documents-server.ts';
import { scratch, writeFiles } from '../../testing/scratch.ts';
import type { UploadedFile } from '../../web/api.ts';

const staged = (data: string): string[] => filesBelow(path.join(data, 'staging'));

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly title?: string;
  readonly files?: readonly UploadedFile[];
}

async function send(
  me: Visitor,
  files: readonly (readonly [string, string | Uint8Array])[],
): Promise<Answer> {
  const form = new FormData();
  for (const [name, content] of files) {
    form.append(
      'files',
      new Blob([typeof content === 'string' ? content : new Uint8Array(content)]),
      name,
    );
  }
  const response = await me.fetch('/api/uploads', { method: 'POST', body: form });
  return { status: response.status, ...((await response.json()) as object) };
}

const codes = ({ files = [] }: Answer): (string | undefined)[] =>
  files.map(({ problem }) => problem?.code);

/** Sends bytes as they are, and gives what comes back until the server ends it. */
function raw(
  url: string,
  head: string,
  body: Iterable<string | Buffer> = [],
  cut = false,
): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(head.replaceAll('\n', '\r\n'));
      for (const piece of body) socket.write(piece);
      if (cut) setTimeout(() => socket.destroy(), 100);
    });
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

const boundary = 'x'.repeat(20);
const partHead = (name: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`;

describe('names', () => {
  test('D12 names that are paths or devices are refused with a reason, and nothing is left on disk', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    const bad = {
      '../../etc/passwd': 'name_refused',
      'a/../../b.md': 'name_refused',
      'a/./b.md': 'name_refused',
      'a//b.md': 'name_refused',
      '/etc/passwd': 'name_refused',
      'C:\\Windows\\win.ini': 'name_refused',
      'c:/windows/win.ini': 'name_refused',
      '..\\..\\boot.ini': 'name_refused',
      CON: 'name_refused',
      'nul.txt': 'name_refused',
      'docs/com1.md': 'name_refused',
      lpt9: 'name_refused',
      [`${'x'.repeat(256)}.md`]: 'name_too_long',
      [`${'folder/'.repeat(200)}x.md`]: 'name_too_long',
      'folder/': 'empty_name',
    };
    for (const [name, code] of Object.entries(bad)) {
      const answer = await send(me, [[name, 'text']]);
      expect([name, answer.status, answer.code]).toEqual([name, 400, code]);
      expect(answer.title).toMatch(
        /^The file was refused: (?:its name|a part of its name|it has no name)/,
      );
    }
    expect(staged(data)).toEqual([]);
    // Beside a good one they are named one by one.
    const mixed = await send(me, [
      ['../up.md', 'a'],
      ['fine.md', 'b'],
    ]);
    expect([mixed.status, codes(mixed)]).toEqual([201, ['name_refused', undefined]]);
    expect(staged(data)).toHaveLength(1);
  });

  test('D12 names of markup and of right-to-left text are kept as text, without marks that mislead', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    const { files = [] } = await send(me, [
      ['<img src=x onerror=alert(1)>.md', 'markup'],
      ['תוכנית ההצגה.md', 'hebrew'],
      ['innocent\u202egpj.md', 'turned'],
      ['bell\u0007 and\u0000null.md', 'controls'],
      ['e\u0301te\u0301.md', 'decomposed'],
      ['консоль.md', 'console'],
    ]);
    expect(files.map(({ name }) => name)).toEqual([
      '<img src=x onerror=alert(1)>.md',
      'תוכנית ההצגה.md',
      'innocentgpj.md',
      expect.stringMatching(/^bell/),
      'été.md',
      'консоль.md',
    ]);
    // On disk a name is nothing but random digits.
    for (const file of staged(data)) expect(file).toMatch(/^[0-9a-f]{32}\/[0-9a-f]{32}$/);
    const job = await me.start(files.flatMap(({ upload }) => (upload === null ? [] : [upload])));
    await me.jobs.wait(job);
    const found = await me.fetch('/api/search?q=markup');
    expect(found.headers.get('content-type')).toBe('application/json');
    expect(await found.json()).toMatchObject({
      hits: [{ name: '<img src=x onerror=alert(1)>.md' }],
    });
  });

  test('D12 a name keeps its quotes, colons and percent signs: it is text, however it is sent', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    const names = [
      'say "hi".txt',
      'Q: what.txt',
      'a:b.md',
      '100%.md',
      "it's; a=b.md",
      'x?*<>|.md',
      'Ж — “ё”.md',
      'notes: part 1/Q: why.md',
    ];
    const { files = [] } = await send(
      me,
      names.map((name, n) => [name, `text ${n}`]),
    );
    expect(files.map(({ name }) => name)).toEqual(names);
    const job = await me.start(files.flatMap(({ upload }) => (upload === null ? [] : [upload])));
    await me.jobs.wait(job);
    const { documents } = await me.api.documents();
    expect(documents.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const file of staged(data)) expect(file).toMatch(/^[0-9a-f]{32}\/[0-9a-f]{32}$/);
  });

  test.each([
    ['as browsers escape it', 'filename="say %22hi%22.txt"'],
    ['with backslashes, as older programs do', 'filename="say \\"hi\\".txt"'],
    ['as RFC 5987 writes it', `filename*=UTF-8''say%20%22hi%22.txt`],
  ])('D12 a name with quotes is read %s', async (_way, sent) => {
    const { url } = await startServer();
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; ${sent}\r\n\r\n`;
    const answer = await visit(url).fetch('/api/uploads', {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `${head}text\r\n--${boundary}--\r\n`,
    });
    expect(await answer.json()).toMatchObject({ files: [{ name: 'say "hi".txt', problem: null }] });
  });

  test('D12 a link that lies where a file is to be written is not followed', async () => {
    const data = path.join(scratch(), 'data');
    const { url } = await startServer({ dataFolder: data });
    const me = visit(url);
    await me.api.corpus();
    const session = /=([0-9a-f]+)\./.exec(me.cookie)?.[1] ?? '';
    const outside = scratch();
    mkdirSync(path.join(data, 'staging'), { recursive: true });
    symlinkSync(outside, path.join(data, 'staging', session));
    const answer = await send(me, [['a.md', 'text']]);
    expect([answer.status, codes(answer)]).toEqual([500, ['storage_failed']]);
    expect(filesBelow(outside)).toEqual([]);
  });
});

describe('limits', () => {
  test('D12 a file over the limit is refused, one of exactly that size is not', async () => {
    const { url, data } = await startServer({ uploads: { limits: { maxFileBytes: 100_000 } } });
    const me = visit(url);
    const answer = await send(me, [
      ['over.txt', 'x'.repeat(100_001)],
      ['exact.txt', 'x'.repeat(100_000)],
      ['far-over.txt', 'x'.repeat(5_000_000)],
    ]);
    expect([answer.status, codes(answer)]).toEqual([201, ['too_large', undefined, 'too_large']]);
    expect(staged(data)).toHaveLength(1);
    expect(await send(me, [['over.txt', 'x'.repeat(100_001)]])).toMatchObject({
      status: 413,
      code: 'too_large',
    });
  });

  test('D12 500 files at once are taken; of more, those that are over are left out', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    const files = Array.from({ length: 500 }, (_, n) => [`${n}.md`, `note ${n}`] as const);
    const answer = await send(me, files);
    expect([answer.status, answer.files?.length]).toEqual([201, 500]);
    expect(staged(data)).toHaveLength(500);
    const more = await send(me, [...files, ['500.md', 'one'], ['501.md', 'two']]);
    expect(more.files?.at(-1)?.problem).toMatchObject({ code: 'too_many_files' });
    expect(more.files?.filter(({ upload }) => upload !== null)).toHaveLength(500);
    expect(staged(data)).toHaveLength(1000);
  });

  test('D12 what a session has waiting is bounded, in files and in bytes', async () => {
    const { url, data } = await startServer({
      uploads: { limits: { maxWaitingFiles: 2, maxWaitingBytes: 1000 } },
    });
    const me = visit(url);
    expect(codes(await send(me, [['a.txt', 'x'.repeat(800)]]))).toEqual([undefined]);
    expect(codes(await send(me, [['b.txt', 'x'.repeat(300)]]))).toEqual(['session_full']);
    expect(codes(await send(me, [['c.txt', 'x']]))).toEqual([undefined]);
    expect(codes(await send(me, [['d.txt', 'x']]))).toEqual(['session_full']);
    expect(staged(data)).toHaveLength(2);
    expect(codes(await send(visit(url), [['e.txt', 'x']]))).toEqual([undefined]);
  });

  test('D12 what has arrived counts while its request is under way, to the byte', async () => {
    const limits = { maxWaitingBytes: 100_000, maxWaitingFiles: 4 };
    const { url, data } = await startServer({ uploads: { limits } });
    const me = visit(url);
    const files = Array.from({ length: 8 }, (_, n) => [`${n}.txt`, 'x'.repeat(30_000)] as const);
    const answer = await send(me, files);
    expect(codes(answer)).toEqual([
      ...[undefined, undefined, undefined],
      ...Array.from({ length: 5 }, () => 'session_full'),
    ]);
    expect(staged(data)).toHaveLength(3);
    expect(codes(await send(me, [['exact.txt', 'x'.repeat(10_000)]]))).toEqual([undefined]);
    expect(codes(await send(me, [['empty.txt', '']]))).toEqual(['session_full']);
    // What a change has taken counts as long as it lies there.
    const { pending } = await me.api.corpus();
    await me.jobs.wait(await me.start(pending.map(({ upload }) => upload)));
    expect(codes(await send(me, files.slice(0, 1)))).toEqual([undefined]);
  });

  test('D12 two requests at once have one limit', async () => {
    const limits = { maxWaitingBytes: 100_000 };
    const { url, data } = await startServer({ uploads: { limits } });
    const me = visit(url);
    await me.api.corpus();
    const file = [['a.txt', 'x'.repeat(60_000)]] as const;
    const answers = await Promise.all([send(me, file), send(me, file), send(me, file)]);
    expect(answers.flatMap(codes).filter((code) => code === undefined)).toHaveLength(1);
    expect(staged(data)).toHaveLength(1);
  });

  test('D12 no empty folder is left of what was refused, dropped, cut or published', async () => {
    const limits = { maxFileBytes: 1000 };
    const { url, data } = await startServer({ uploads: { limits } });
    const folders = (): string[] => readdirSync(path.join(data, 'staging'));
    await send(visit(url), [['large.txt', 'x'.repeat(2000)]]);
    await send(visit(url), [['../up.txt', 'x']]);
    const me = visit(url);
    const [dropped = '', published = ''] = await me.upload({ 'a.md': 'alpha', 'b.md': 'beta' });
    await me.api.dropUpload(dropped);
    expect(folders()).toHaveLength(1);
    await me.jobs.wait(await me.start([published]));
    await vi.waitFor(() => expect(folders()).toEqual([]));
  });

  test('D12 2 GiB by a content length are refused before they are read', async () => {
    const { url, data } = await startServer();
    const answer = await raw(
      url,
      `POST /api/uploads HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=${boundary}\nContent-Length: ${2 ** 31}\n\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain('"code":"too_large"');
    expect(staged(data)).toEqual([]);
  });

  test('D12 a stream that never ends is cut at the limit, and nothing of it is left', async () => {
    const { url, data } = await startServer({
      uploads: { limits: { maxRequestBytes: 2_000_000 } },
    });
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65_536, 120),
      Buffer.from('\r\n'),
    ]);
    const opening = partHead('endless.txt');
    const answer = await raw(
      url,
      `POST /api/uploads HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nContent-Type: multipart/form-data; boundary=${boundary}\n\n`,
      [
        `${opening.length.toString(16)}\r\n${opening}\r\n`,
        ...Array.from({ length: 64 }, () => chunk),
      ],
    );
    // Whoever still sends when it is refused may see the connection end before the answer.
    expect(answer.slice(0, 300)).toMatch(/^$|^HTTP\/1.1 413 /);
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
  });

  test('D12 an upload that is aborted halfway leaves nothing, nor does one that lies about its length', async () => {
    const { url, data } = await startServer();
    const whole = `${partHead('whole.txt')}${'x'.repeat(1000)}\r\n`;
    const half = `${partHead('half.txt')}${'y'.repeat(300_000)}`;
    await raw(
      url,
      `POST /api/uploads HTTP/1.1\nHost: localhost\nContent-Length: 99999999\nContent-Type: multipart/form-data; boundary=${boundary}\n\n`,
      [whole, half],
      true,
    );
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
    // Shorter than it is: the rest is no request.
    const answer = await raw(
      url,
      `POST /api/uploads HTTP/1.1\nHost: localhost\nContent-Length: 500\nContent-Type: multipart/form-data; boundary=${boundary}\n\n`,
      [whole, half],
      true,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
  });

  test('D12 an upload that stands still is cut, and nothing of it is left', async () => {
    const { url, data } = await startServer({ uploads: { idleMs: 300 } });
    await raw(
      url,
      `POST /api/uploads HTTP/1.1\nHost: localhost\nContent-Length: 9999\nContent-Type: multipart/form-data; boundary=${boundary}\n\n`,
      [`${partHead('slow.txt')}begun`],
    );
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
  });

  test.each([
    [
      'upload',
      `POST /api/uploads HTTP/1.1\nContent-Type: multipart/form-data; boundary=${boundary}`,
    ],
    ['a start of a job', 'POST /jobs/documents.change HTTP/1.1\nContent-Type: application/json'],
    ['a look that has a body', 'GET /api/corpus HTTP/1.1'],
  ])('D12 %s that comes a byte at a time is cut', async (_what, head) => {
    const { url, data } = await startServer({
      uploads: { idleMs: 400, minBytesPerSecond: 1000 },
      requestMs: 400,
    });
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('error', () => {}).setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(`${head}\nHost: localhost\nContent-Length: 9999\n\n`.replaceAll('\n', '\r\n'));
    if (head.includes('uploads')) socket.write(partHead('slow.txt'));
    const trickle = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(trickle);
    expect(text).toMatch(head.startsWith('GET') ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 408 /);
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
  });

  test('D12 headers that come a byte at a time are cut', async () => {
    const { url } = await startServer({ requestMs: 400 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write('GET /api/corpus HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const trickle = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(trickle);
  });

  test('D12 a connection on which nothing moves is ended', async () => {
    const { url } = await startServer({ stallMs: 300 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /api/log HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('D12 forms that are none, or broken, are refused', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    const post = async (type: string, body: string): Promise<number> =>
      (await me.fetch('/api/uploads', { method: 'POST', body, headers: { 'content-type': type } }))
        .status;
    expect(await post('application/json', '{}')).toBe(415);
    expect(await post('multipart/form-data', 'x')).toBe(415);
    expect(await post('multipart/form-data; other=1', 'x')).toBe(400);
    expect(await post(`multipart/form-data; boundary=${boundary}`, 'no form')).toBe(400);
    expect(await post(`multipart/form-data; boundary=${boundary}`, `${partHead('a.md')}cut`)).toBe(
      400,
    );
    expect(await post(`multipart/form-data; boundary=${boundary}`, `--${boundary}--\r\n`)).toBe(
      400,
    );
    expect(staged(data)).toEqual([]);
  });
});

test('D12 uploads that no change takes are removed after a while', async () => {
  const { url, data } = await startServer({ uploads: { ttlMs: 200 } });
  const me = visit(url);
  await me.upload({ 'a.md': 'text' });
  await vi.waitFor(() => expect(staged(data)).toEqual([]));
  expect((await me.api.corpus()).pending).toEqual([]);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

test.runIf(canMount)(
  'D12 S18 a full disk refuses the file by name, leaves nothing of it, and the rest works',
  async () => {
    const data = scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', data]);
    onTestFinished(() => void execFileSync('umount', ['-l', data]));
    const { url } = await startServer({ dataFolder: data });
    const me = visit(url);
    await me.publish({ 'a.md': 'standing text' });
    const answer = await send(me, [['big.txt', 'x'.repeat(4_000_000)]]);
    expect(answer).toMatchObject({ status: 507, code: 'storage_full' });
    expect(staged(data)).toEqual([]);
    // During the ingest: the upload fits, and the index beside it does not.
    const text = Array.from({ length: 80_000 }, (_, n) => `word${n}`).join(' ');
    const end = await me.publish({ 'wordy.txt': text });
    expect(end).toMatchObject({ status: 'failed', failure: { code: 'storage_full' } });
    expect((await me.api.search('standing')).gen).toBe(1);
    // As it says: with some space the same upload starts again.
    execFileSync('mount', ['-o', 'remount,size=64m', data]);
    const [kept] = (await me.api.corpus()).pending;
    expect(kept?.name).toBe('wordy.txt');
    const again = await me.jobs.wait(await me.start([kept?.upload ?? '']));
    expect(again.result).toMatchObject({ gen: 2, added: 1 });
    await vi.waitFor(() => expect(staged(data)).toEqual([]));
    writeFiles(data, {});
  },
);
