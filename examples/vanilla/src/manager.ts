import { JobManager, SnapshotStore } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { nodeStorage } from '@offstage/node-fs';
import { closeOnExit, WorkerExecutor } from '@offstage/node-worker';
import { bookMetadata, printBook } from './jobs.ts';

const manager = new JobManager({
  executor: new WorkerExecutor({ entry: new URL('./print.worker.ts', import.meta.url) }),
});
closeOnExit(manager);

const books = new SnapshotStore({ storage: nodeStorage('./data/books'), metadata: bookMetadata });

/** What is published: everybody may read it. */
export async function currentBook(): Promise<{ readonly version: string | null }> {
  const version = await books.current();
  await version?.[Symbol.asyncDispose]();
  return { version: version?.version ?? null };
}

export const sessionOf = (cookie: string | null | undefined): string | undefined =>
  /(?:^|; )session=([\w-]{36})(?:;|$)/.exec(cookie ?? '')?.[1];

/** With `Secure` where the site has https. */
export const sessionCookie = (id: string): string =>
  `session=${id}; Path=/; HttpOnly; SameSite=Lax`;

export const handleJobs = createJobsHandler({
  definitions: [printBook],
  clientFor: (request) => {
    const session = sessionOf(request.headers.get('cookie'));
    return session === undefined
      ? new Response('Open the page first: it begins a session.', { status: 401 })
      : manager.forOwner(session);
  },
});
