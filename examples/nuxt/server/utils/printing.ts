import { JobManager, SnapshotStore } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { nodeStorage } from '@offstage/node-fs';
import { sharedManager, WorkerExecutor } from '@offstage/node-worker';
import { bookMetadata, printBook } from '../../shared/jobs.ts';

/** One a process, whatever evaluates this module again; closed with the process. */
export const manager = sharedManager(
  'jobs',
  () =>
    new JobManager({
      executor: new WorkerExecutor({ entry: new URL('../print.worker.ts', import.meta.url) }),
    }),
);

export const sessionCookie = 'session';

const books = new SnapshotStore({ storage: nodeStorage('./data/books'), metadata: bookMetadata });

/** What is published: everybody may read it. */
export async function currentBook() {
  const version = await books.current();
  if (version === undefined) return undefined;
  try {
    return { version: version.version, pages: version.metadata.pages };
  } finally {
    await version[Symbol.asyncDispose]();
  }
}

/** The last job of a session, running or over. */
export async function latestPrint(session: string | undefined) {
  if (session === undefined) return undefined;
  const client = manager.forOwner(session);
  const [latest] = await client.list({ name: printBook.name, limit: 1 });
  return latest && client.get(latest.id, { definition: printBook });
}

export const handleJobs = createJobsHandler({
  definitions: [printBook],
  clientFor: (request) => {
    const session = /(?:^|; )session=([\w-]{36})(?:;|$)/.exec(request.headers.get('cookie') ?? '');
    return session?.[1] === undefined
      ? new Response('Open the page first: it begins a session.', { status: 401 })
      : manager.forOwner(session[1]);
  },
});
