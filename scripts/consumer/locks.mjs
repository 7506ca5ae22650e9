// A publish, or the code that says why this runtime has none.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { z } from 'zod';

const directory = await mkdtemp(path.join(os.tmpdir(), 'offstage-locks-'));
const store = new SnapshotStore({ storage: nodeStorage(directory), metadata: z.object({}) });
try {
  const draft = await store.begin();
  await draft.write('a.txt', 'published');
  await draft.finalize({});
  console.log('published');
} catch (error) {
  assert.ok(OffstageError.isInstance(error), String(error));
  assert.equal(error.code, 'lock_unsupported');
  assert.equal(await store.current({ lease: false }), undefined);
  console.log(error.code);
} finally {
  await rm(directory, { recursive: true, force: true });
}
