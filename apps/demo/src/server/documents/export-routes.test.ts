import { strFromU8, unzipSync } from 'fflate';
import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';

test('D5 GET /api/export streams a version as ZIP or TAR, and not more than some at once', async () => {
  const { url } = await startServer();
  const visitor = visit(url);
  const ask = (query: string) => fetch(`${url}/api/export${query}`);
  expect((await ask('')).status).toBe(409);
  await visitor.publish({ 'notes/a.md': 'exported' });
  const { current } = await visitor.api.corpus();

  const zip = await ask('');
  expect(zip.headers.get('content-type')).toBe('application/zip');
  expect(zip.headers.get('content-disposition')).toBe(
    `attachment; filename="documents-${current?.version}.zip"`,
  );
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  expect(strFromU8(files['documents/notes/a.md'] ?? new Uint8Array())).toBe('exported');
  const tar = await ask(`?format=tar&version=${current?.version}`);
  const entries = await unpackTar(new Uint8Array(await tar.arrayBuffer()));
  expect(entries.map(({ header }) => header.name)).toContain('documents/notes/a.md');

  expect((await ask('?version=9-none')).status).toBe(404);
  expect((await ask('?format=rar')).status).toBe(400);
  // One that is given up makes room.
  for (let n = 0; n < 12; n += 1) {
    const answer = await ask('');
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
});
