import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';

test('S10 S7 a runtime whose process the addon would end is told so by a code', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offstage-runtime-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  vi.stubGlobal('Deno', { version: { deno: '2.9.6' } });
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const store = new SnapshotStore({ storage: nodeStorage(folder), metadata: z.object({}) });
  await expect(store.begin()).rejects.toMatchObject({
    code: 'lock_unsupported',
    message: expect.stringMatching(/Node\.js and Bun load it, Deno does not/),
  });
  expect(await store.current({ lease: false })).toBeUndefined();
});
