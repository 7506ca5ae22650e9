import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { spawnServer, visit } from '../testing/documents-server.ts';
import { scratch } from '../testing/scratch.ts';

const descriptors = 100;

test.runIf(process.platform === 'linux')(
  'D6 D12 without a descriptor left every request says so, and goes on when there is one',
  async () => {
    const { url, running } = await spawnServer(path.join(scratch(), 'data'), {}, descriptors);
    const me = visit(url);
    await me.publish({ 'a.txt': 'One lamp.' });
    const [waiting = ''] = await me.upload({ 'b.txt': 'Two lamps.' });
    const count = (): number => readdirSync(`/proc/${running.process.pid}/fd`).length;
    const held: Socket[] = [];
    onTestFinished(() => {
      for (const socket of held) socket.destroy();
    });
    // None but for connections that are open already, such as that of the requests below.
    for (let free = descriptors - count(); free > 1; free = descriptors - count()) {
      const before = count();
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
      held.push(socket);
      while (count() === before) await new Promise((resolve) => setImmediate(resolve));
    }

    const form = new FormData();
    for (let n = 0; n < 8; n += 1) form.append('files', new Blob([`Lamp ${n}`]), `${n}.txt`);
    const upload = await me.fetch('/api/uploads', { method: 'POST', body: form });
    const { files } = (await upload.json()) as { files: { problem: { code: string } | null }[] };
    expect(new Set(files.flatMap(({ problem }) => problem?.code ?? []))).toEqual(
      new Set(['EMFILE']),
    );
    for (const address of ['/api/search?q=lamp', '/api/versions', '/api/export']) {
      const answer = await me.fetch(address);
      expect([address, answer.status]).toEqual([address, 503]);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await answer.json()).toMatchObject({
        code: 'EMFILE',
        title: expect.stringMatching(/no room for another open file/),
      });
    }

    for (const socket of held) socket.destroy();
    while (count() > descriptors / 2 + 10) await new Promise((resolve) => setImmediate(resolve));
    expect((await me.jobs.wait(await me.start([waiting]))).status).toBe('succeeded');
    expect((await me.api.search('lamp')).total.documents).toBe(2);
  },
);
