import { handle, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { serveJobs } from '@offstage/node-worker/thread';
import { z } from 'zod';
import { count } from './jobs.mjs';

serveJobs([
  handle(count, async ({ input, signal, report }) => {
    const store = new SnapshotStore({
      storage: nodeStorage(input.directory),
      metadata: z.object({ words: z.number() }),
    });
    const words = input.text.split(' ').length;
    report({ phase: 'count', percent: 50, message: `${words} words` });
    const draft = await store.begin({ signal });
    await draft.write('words.txt', input.text);
    const { version } = await draft.finalize({ words }, { signal });
    return { version, words };
  }),
]);
