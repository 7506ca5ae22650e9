import { statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { scratch } from '../../testing/scratch.ts';
import { Sessions, sessionSecret } from './sessions.ts';

const secret = Buffer.alloc(32, 7);
const sentBack = (setCookie: string | undefined): string => setCookie?.split(';')[0] ?? '';

describe('cookies', () => {
  test('D12 a cookie is signed, and out of reach of scripts and other sites', () => {
    const { id, setCookie } = new Sessions({ secret }).read(undefined, false);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(setCookie).toMatch(
      /^offstage_session=[0-9a-f]{32}\.[0-9a-z]+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    );
    expect(new Sessions({ secret }).read(undefined, true).setCookie).toMatch(
      /^__Host-offstage_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure$/,
    );
  });

  test('D12 a good cookie is the same session again, also after a restart with the same secret', () => {
    const { id, setCookie } = new Sessions({ secret }).read(undefined, false);
    const cookie = `theme=dark; ${sentBack(setCookie)}; other=1`;
    expect(new Sessions({ secret }).read(cookie, false)).toEqual({ id, setCookie: undefined });
  });

  test('D12 whatever is changed in a cookie makes it a new session', () => {
    const sessions = new Sessions({ secret });
    const { id, setCookie } = sessions.read(undefined, false);
    const good = sentBack(setCookie);
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.stringMatching(/^[0-9a-zA-Z._-]$/),
        (at, character) => {
          const forged = good.slice(0, at) + character + good.slice(at + 1);
          fc.pre(forged !== good);
          const read = sessions.read(forged, false);
          // The last character of the signature has bits to spare: another one may mean the same bytes.
          if (at === good.length - 1 && read.id === id) return;
          expect(read.id).not.toBe(id);
          expect(read.setCookie).toBeDefined();
        },
      ),
    );
    const other = new Sessions({ secret: Buffer.alloc(32, 8) });
    expect(other.read(good, false).id).not.toBe(id);
    for (const junk of [
      'offstage_session=',
      'offstage_session=a.b.c',
      `offstage_session=${id}`,
      '=;;=',
      '\0',
    ]) {
      expect(sessions.read(junk, false).setCookie).toBeDefined();
    }
  });

  test('D12 a good cookie is found among bad ones, however many stand before it', () => {
    const sessions = new Sessions({ secret });
    const { id, setCookie } = sessions.read(undefined, false);
    const bad = Array.from({ length: 50 }, (_, n) => `offstage_session=bad${n}`);
    for (const cookies of [
      [...bad, sentBack(setCookie)],
      [sentBack(setCookie), ...bad],
    ]) {
      expect(sessions.read(cookies.join('; '), false)).toEqual({ id, setCookie: undefined });
    }
  });

  test('D12 a session that somebody planted for a longer path does not stand before the own one', () => {
    const sessions = new Sessions({ secret });
    const planted = sessions.read(undefined, false);
    const own = sessions.read(undefined, false);
    const both = `${sentBack(planted.setCookie)}; ${sentBack(own.setCookie)}`;
    expect(sessions.read(both, false).id).toBe(own.id);
  });

  test('D12 behind https only a cookie counts that no neighbor can plant', () => {
    const sessions = new Sessions({ secret });
    const planted = sessions.read(undefined, false);
    const own = sessions.read(undefined, true);
    expect(sessions.read(sentBack(planted.setCookie), true).id).not.toBe(planted.id);
    const both = `${sentBack(own.setCookie)}; ${sentBack(planted.setCookie)}`;
    expect(sessions.read(both, true).id).toBe(own.id);
    expect(sessions.read(both, false).id).toBe(planted.id);
  });

  test('D12 a stale cookie is a new session; one that gets old is renewed', () => {
    let now = 1_800_000_000_000;
    const sessions = new Sessions({ secret, now: () => now });
    const { id, setCookie } = sessions.read(undefined, false);
    now += 2 * 86_400_000;
    const renewed = sessions.read(sentBack(setCookie), false);
    expect(renewed.id).toBe(id);
    expect(sentBack(renewed.setCookie)).not.toBe(sentBack(setCookie));
    now += 29 * 86_400_000;
    expect(sessions.read(sentBack(setCookie), false).id).not.toBe(id);
    expect(sessions.read(sentBack(renewed.setCookie), false).id).toBe(id);
  });
});

test('D12 the secret is made once, and readable by its owner alone', () => {
  const data = scratch();
  const first = sessionSecret(data);
  expect(first).toHaveLength(32);
  expect(sessionSecret(data)).toEqual(first);
  if (process.platform !== 'win32') {
    expect(statSync(path.join(data, 'session-secret')).mode & 0o777).toBe(0o600);
  }
});

test('D12 a proxy on this machine says that the browser speaks https', async () => {
  const { url } = await startServer();
  const asked = async (protocol: string): Promise<string> => {
    const answer = await fetch(`${url}/api/corpus`, { headers: { 'x-forwarded-proto': protocol } });
    return answer.headers.getSetCookie().join();
  };
  expect(await asked('https')).toMatch(/^__Host-offstage_session=.*; Secure$/);
  expect(await asked('http')).toMatch(/^offstage_session=/);
  // Of several proxies the first is where the browser came; `HTTPS` is how some write it.
  for (const text of ['https, http', 'https,http,http', 'HTTPS', ' https ']) {
    expect(await asked(text), text).toMatch(/^__Host-offstage_session=/);
  }
  for (const text of ['http, https', '', ',https', 'httpsx', 'wss']) {
    expect(await asked(text), text).toMatch(/^offstage_session=/);
  }
});

test('D12 the cookies of everything else that ran on localhost keep nobody out', async () => {
  const { url } = await startServer();
  const me = visit(url);
  await me.api.corpus();
  const others = Array.from({ length: 12 }, (_, n) => `other${n}=${'x'.repeat(4000)}`).join('; ');
  const answer = await fetch(`${url}/api/corpus`, {
    headers: { cookie: `${others}; ${me.cookie}` },
  });
  expect(await answer.json()).toMatchObject({ session: 'known' });
});

test('D12 a forged cookie reaches nothing of the session that it names', async () => {
  const { url } = await startServer({ stub: true });
  const me = visit(url);
  const job = await me.start(await me.upload({ 'slow-1.txt': 'slow' }));
  const [id = '', issued = ''] = me.cookie.split('=')[1]?.split('.') ?? [];
  for (const forged of [
    `${id}`,
    `${id}.${issued}`,
    `${id}.${issued}.`,
    `${id}.${issued}.${'A'.repeat(43)}`,
  ]) {
    const thief = visit(url);
    thief.cookie = `offstage_session=${forged}`;
    expect(await thief.jobs.get(job)).toBe(undefined);
    expect(thief.cookie).not.toContain(forged);
  }
  await me.jobs.cancel(job);
});

test('D12 a browser without cookies is a new visitor each time, and can tell', async () => {
  const { url } = await startServer();
  const visitor = visit(url);
  expect((await visitor.api.corpus()).session).toBe('new');
  expect((await visitor.api.corpus()).session).toBe('known');
  visitor.cookie = '';
  expect((await visitor.api.corpus()).session).toBe('new');
});
