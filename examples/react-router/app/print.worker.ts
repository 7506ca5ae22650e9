import { setTimeout } from 'node:timers/promises';
import { handle, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { serveJobs } from '@offstage/node-worker/thread';
// In full, as Node.js itself reads this file while `npm run dev` runs.
import { bookMetadata, printBook } from './jobs.ts';

const books = new SnapshotStore({ storage: nodeStorage('./data/books'), metadata: bookMetadata });

serveJobs([
  handle(printBook, async ({ input: { pages }, signal, report }) => {
    const draft = await books.begin({ signal });
    try {
      for (let page = 1; page <= pages; page += 1) {
        const percent = (90 * (page - 1)) / pages;
        report({ phase: 'print', percent, message: `Page ${page} of ${pages}` });
        await draft.write(`${page}.txt`, `This is page ${page}.`);
        await setTimeout(50, undefined, { signal }); // where the work would be
      }
      report({ phase: 'publish', percent: 95, message: 'Publishing' });
      const { version } = await draft.finalize({ pages }, { signal });
      report({ phase: 'done', percent: 100, message: 'Published' });
      return { version, pages };
    } finally {
      await draft[Symbol.asyncDispose](); // what was not published goes
    }
  }),
]);
