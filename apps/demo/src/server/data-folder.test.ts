import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startServer, visit } from '../testing/documents-server.ts';

const asked: readonly (readonly [string, string])[] = [
  ['GET', '/api/corpus'],
  ['GET', '/api/search?q=lamp'],
  ['GET', '/api/versions'],
  ['GET', '/api/export'],
  ['POST', '/api/uploads'],
  ['POST', '/api/versions/1/rollback'],
  ['POST', '/jobs/documents.change'],
];

describe('a data folder that goes away while the server runs', () => {
  test.each([
    ['is removed', (data: string) => rmSync(data, { recursive: true })],
    ['is moved', (data: string) => renameSync(data, `${data}-moved`)],
    [
      'has another one in its place',
      (data: string) => {
        renameSync(data, `${data}-moved`);
        mkdirSync(data);
      },
    ],
  ])(
    'D7 D12 %s: nothing is called empty, and nothing is written in its place',
    async (_, leave) => {
      const { url, data } = await startServer();
      const me = visit(url);
      await me.publish({ 'a.txt': 'One lamp.' });
      leave(data);
      const hasOther = existsSync(data);
      for (const [method, address] of asked) {
        const answer = await me.fetch(address, { method });
        expect([address, answer.status]).toEqual([address, 503]);
        expect(await answer.json()).toMatchObject({
          code: 'data_folder_gone',
          title: expect.stringMatching(/data folder .* not there/),
        });
      }
      expect(existsSync(data)).toBe(hasOther);
      // Jobs that are known, and pages, need nothing of it.
      expect((await me.fetch('/jobs')).status).toBe(200);
    },
  );

  test('D7 put back, it is read again', async () => {
    const { url, data } = await startServer();
    const me = visit(url);
    await me.publish({ 'a.txt': 'One lamp.' });
    renameSync(data, `${data}-moved`);
    expect((await me.fetch('/api/search?q=lamp')).status).toBe(503);
    renameSync(`${data}-moved`, data);
    expect((await me.api.search('lamp')).total.documents).toBe(1);
  });

  test('D7 K6 put back after a change ended meanwhile, it says that the server has to be started again', async () => {
    const { url, data, server } = await startServer({ stub: true });
    const me = visit(url);
    await me.publish({ 'a.txt': 'One lamp.' });
    const [waiting = ''] = await me.upload({ 'b.txt': 'Two lamps.' });
    const job = await me.start(await me.upload({ 'slow-1.txt': 'Slow.' }));
    await until(async () => (await me.jobs.get(job))?.progress !== null);
    renameSync(data, `${data}-moved`);
    // The journal finds out with what it is to keep next.
    await until(
      async () => (await me.fetch(`/jobs/${job}/cancel`, { method: 'POST' })).status === 503,
    );
    renameSync(`${data}-moved`, data);
    for (const [method, address] of [
      ['POST', '/jobs/documents.change'],
      ['POST', `/jobs/${job}/cancel`],
      ['POST', `/jobs/${job}/retry`],
      ['DELETE', `/jobs/${job}`],
      ['POST', '/api/uploads'],
    ] as const) {
      const answer = await me.fetch(address, { method });
      expect([address, answer.status]).toEqual([address, 503]);
      expect(await answer.json()).toMatchObject({
        code: 'restart_needed',
        title: expect.stringContaining('Start it again'),
      });
    }
    // What reads goes on.
    expect((await me.api.search('lamp')).total.documents).toBe(1);
    expect((await me.jobs.get(job))?.id).toBe(job);
    await server.shutdown({ graceMs: 1000 });

    const again = visit((await startServer({ dataFolder: data, stub: true })).url);
    again.cookie = me.cookie;
    await again.jobs.cancel(job);
    await again.jobs.wait(job);
    await again.jobs.wait(await again.start([waiting]));
    expect((await again.api.search('lamps')).total.documents).toBe(2);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
